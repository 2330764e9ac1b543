import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { type AppliedRepair, applyAccountRepairs } from '../diagnostics/account-repairs/apply.js';
import { planAccountRepairs } from '../diagnostics/account-repairs/plan.js';
import { type AccountRepair, isStored, type RefreshRepair } from '../diagnostics/account-repairs/repair.js';
import { type RepairWorld, readRepairWorld } from '../diagnostics/account-repairs/world.js';
import { AppError } from '../errors.js';
import { inParallel } from '../in-parallel.js';
import { describeOutcome } from '../logins/describe-outcome.js';
import { findStored } from '../logins/gather-newest.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { withStore } from '../logins/with-store.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { type Failure, failureOf } from '../provider-reason.js';
import { keyOf } from '../roster/roster.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import { refreshDeps } from './backend-access.js';
import { settleRefusedClients } from './refused-clients.js';
import type { Session } from './session.js';

export interface FixedRepair {
  readonly repair: AccountRepair;
  /** Absent for a repair that concerns no single account. */
  readonly account?: Account;
  readonly outcome: 'planned' | 'done' | 'not-needed' | 'failed';
  readonly problem?: Failure;
  readonly keptFiles?: readonly string[];
}

export interface Fixing {
  /** How many accounts were looked at. */
  readonly accounts: number;
  readonly repairs: readonly FixedRepair[];
  readonly remaining: readonly AccountRepair[];
}

/**
 * Plans the repairs of every pool, or of the one that was named; applies them; and looks again. What shows only then is
 * repaired as well: the first write merges the pools that a project had for its checkouts, for instance.
 */
export async function fixAccounts(session: Session, dryRun: boolean): Promise<Fixing> {
  const { root, home } = session;
  if (!dryRun) sweepLeftovers(root, home.authFile);
  const found = look(session);
  const accounts = accountsIn(session, found.world).length;
  if (dryRun || found.plan.length === 0) {
    const nameOf = namesIn(session, found);
    return {
      accounts,
      repairs: found.plan.map((repair) => ({ ...nameOf(repair), outcome: 'planned' })),
      remaining: [],
    };
  }
  const first = await applyPlan(session, found);
  const after = look(session);
  const left = after.plan.filter((repair) => !first.some((each) => isSame(each.repair, repair) && isSettled(each)));
  const second = left.length === 0 ? [] : await applyPlan(session, { ...after, plan: left });
  const repairs = [...first.filter(({ repair }) => !second.some((each) => isSame(each.repair, repair))), ...second];
  const tried = repairs.filter(({ outcome }) => outcome !== 'done');
  const remaining = look(session).plan.filter((repair) => !tried.some((each) => isSame(each.repair, repair)));
  return { accounts, repairs, remaining };
}

/** Whether no second try is wanted. One that was not needed where it was planned may be needed in another pool. */
function isSettled({ repair, outcome }: FixedRepair): boolean {
  return repair.kind === 'refresh' || outcome !== 'not-needed';
}

interface Found {
  readonly world: RepairWorld;
  readonly plan: readonly AccountRepair[];
}

async function applyPlan(session: Session, found: Found): Promise<FixedRepair[]> {
  const nameOf = namesIn(session, found);
  const applied = await applyStored(session, found.plan, found.world);
  const refreshed = await refreshDue(
    session,
    found.plan.filter((repair) => repair.kind === 'refresh'),
  );
  return [...applied, ...refreshed].map((each) => ({ ...each, ...nameOf(each.repair) }));
}

function namesIn(
  session: Session,
  { world }: Found,
): (repair: AccountRepair) => Pick<FixedRepair, 'repair' | 'account'> {
  const accounts = accountsIn(session, world);
  return (repair) => definedOnly({ repair, account: accounts.find(({ id }) => id === accountIdOf(repair)) });
}

function look(session: Session): Found {
  const world = readRepairWorld(session.root, session.home, session.settings());
  const isWanted = inNamedScope(session);
  const plan = planAccountRepairs(world).filter((repair) => !('scopeKey' in repair) || isWanted(repair.scopeKey));
  return { world, plan };
}

/** Which pools are looked at: the one that `--global` or `--project` names, else every pool of the root. */
function inNamedScope(session: Session): (scopeKey: string | undefined) => boolean {
  if (!session.isScopeNamed) return () => true;
  const wanted = keyOf(session.writingScope());
  return (scopeKey) => scopeKey === wanted;
}

function accountsIn(session: Session, { scopes }: RepairWorld): Account[] {
  const isWanted = inNamedScope(session);
  return recordsOf(scopes.filter(({ key }) => isWanted(key)));
}

/** Whether two repairs are of one kind and one account, which may have moved to another pool meanwhile. */
function isSame(one: AccountRepair, other: AccountRepair): boolean {
  return one.kind === other.kind && accountIdOf(one) === accountIdOf(other);
}

function accountIdOf(repair: AccountRepair): string | undefined {
  return 'accountId' in repair ? repair.accountId : undefined;
}

async function applyStored(
  session: Session,
  plan: readonly AccountRepair[],
  world: RepairWorld,
): Promise<AppliedRepair[]> {
  const stored = plan.filter(isStored);
  if (stored.length === 0) return [];
  return withStore(session.root, { signal: session.signal }, (store) => applyAccountRepairs(store, stored, world));
}

async function refreshDue(session: Session, repairs: readonly RefreshRepair[]): Promise<FixedRepair[]> {
  if (repairs.length === 0) return [];
  const { ensureUsable } = await import('../spending/refresh.js');
  const deps = await refreshDeps(session);
  const progress = session.progress('Refreshing', repairs.length);
  const tried = await inParallel(repairs, session.settings().probeConcurrency, async (repair) => {
    const attempt = await orError(() => {
      const account = findStored(readAllScopes(session.root.paths, deps.files.read), repair.accountId);
      // The access token is good, but comes without what is missing. It has to be replaced.
      const rejected = repair.why === 'expired' ? undefined : account.tokens.accessToken;
      return ensureUsable(deps, definedOnly({ account, reason: 'proactive_expiry' as const, rejected }));
    });
    progress.step();
    return { repair, attempt };
  });
  progress.stop();
  await settleRefusedClients(
    session,
    tried.flatMap(({ attempt }) => (attempt instanceof AppError ? [] : [attempt])),
  );
  return tried.map(({ repair, attempt }) => ({ repair, ...outcomeOf(attempt) }));
}

async function orError(task: () => Promise<RefreshOutcome>): Promise<RefreshOutcome | AppError> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function outcomeOf(attempt: RefreshOutcome | AppError): Pick<FixedRepair, 'outcome' | 'problem'> {
  if (attempt instanceof AppError) {
    return { outcome: 'failed', problem: failureOf(attempt) };
  }
  if (attempt.kind === 'usable') return { outcome: 'done' };
  const problem = describeOutcome(attempt);
  const { code, message } = problem;
  return attempt.kind === 'left-to-client'
    ? { outcome: 'not-needed', problem: { code, message } }
    : { outcome: 'failed', problem };
}
