import type { Account } from '../core/accounts/account.js';
import { definedOnly } from '../core/defined-only.js';
import { type AppliedRepair, applyAccountRepairs } from '../core/diagnostics/account-repairs/apply.js';
import { planAccountRepairs } from '../core/diagnostics/account-repairs/plan.js';
import { type AccountRepair, isStored, type RefreshRepair } from '../core/diagnostics/account-repairs/repair.js';
import { type RepairWorld, readRepairWorld } from '../core/diagnostics/account-repairs/world.js';
import { AppError } from '../core/errors.js';
import { inParallel } from '../core/in-parallel.js';
import { describeOutcome } from '../core/logins/describe-outcome.js';
import { findStored } from '../core/logins/gather-newest.js';
import type { RefreshOutcome } from '../core/logins/refresh-outcome.js';
import { keyOf } from '../core/logins/roster.js';
import { withStore } from '../core/logins/with-store.js';
import { readAllScopes } from '../core/pools/scope-files.js';
import { sweepLeftovers } from '../core/storage/leftovers.js';
import { refreshDeps } from './backend-access.js';
import type { Context } from './context.js';
import { warnIfFlaggedInUse } from './flagged-in-use.js';
import { errorView, type FailureView } from './probe-failure.js';
import { startProgress } from './progress.js';
import { settleRefusedClients } from './refused-clients.js';

export interface FixedRepair {
  readonly repair: AccountRepair;
  /** Absent for what concerns no single account. */
  readonly account?: Account;
  readonly outcome: 'planned' | 'done' | 'not-needed' | 'failed';
  readonly problem?: FailureView;
  readonly keptFiles?: readonly string[];
}

export interface Fixing {
  /** How many accounts were looked at. */
  readonly accounts: number;
  readonly repairs: readonly FixedRepair[];
  readonly remaining: readonly AccountRepair[];
}

/**
 * Plans the repairs of every pool, or of the one that was named; applies them; and looks again. What only shows then is
 * repaired as well: the first to write makes one pool of those that a project had for its checkouts, for instance.
 */
export async function fixAccounts(context: Context, dryRun: boolean): Promise<Fixing> {
  const { root, home } = context;
  if (!dryRun) sweepLeftovers(root, home.authFile);
  const found = look(context);
  const accounts = accountsIn(context, found.world).length;
  if (dryRun || found.plan.length === 0) {
    const nameOf = namesIn(context, found);
    return {
      accounts,
      repairs: found.plan.map((repair) => ({ ...nameOf(repair), outcome: 'planned' })),
      remaining: [],
    };
  }
  const first = await applyPlan(context, found);
  const after = look(context);
  const left = after.plan.filter((repair) => !first.some((each) => isSame(each.repair, repair) && isSettled(each)));
  const second = left.length === 0 ? [] : await applyPlan(context, { ...after, plan: left });
  warnIfFlaggedInUse(context, context.readingScope());
  const repairs = [...first.filter(({ repair }) => !second.some((each) => isSame(each.repair, repair))), ...second];
  const tried = repairs.filter(({ outcome }) => outcome !== 'done');
  const remaining = look(context).plan.filter((repair) => !tried.some((each) => isSame(each.repair, repair)));
  return { accounts, repairs, remaining };
}

/** Nothing more can be done about it now; what was no longer needed where it was planned may be needed elsewhere. */
function isSettled({ repair, outcome }: FixedRepair): boolean {
  return repair.kind === 'refresh' || outcome !== 'not-needed';
}

interface Found {
  readonly world: RepairWorld;
  readonly plan: readonly AccountRepair[];
}

async function applyPlan(context: Context, found: Found): Promise<FixedRepair[]> {
  const nameOf = namesIn(context, found);
  const applied = await applyStored(context, found.plan, found.world);
  const refreshed = await refreshDue(
    context,
    found.plan.filter((repair) => repair.kind === 'refresh'),
  );
  return [...applied, ...refreshed].map((each) => ({ ...each, ...nameOf(each.repair) }));
}

function namesIn(
  context: Context,
  { world }: Found,
): (repair: AccountRepair) => Pick<FixedRepair, 'repair' | 'account'> {
  const accounts = accountsIn(context, world);
  return (repair) => definedOnly({ repair, account: accountOf(repair, accounts) });
}

function look(context: Context): Found {
  const world = readRepairWorld(context.root, context.home, context.settings());
  const isWanted = inNamedScope(context);
  const plan = planAccountRepairs(world).filter((repair) => !('scopeKey' in repair) || isWanted(repair.scopeKey));
  return { world, plan };
}

/** Every pool of the root, because an account lives in one of them only; `--global` and `--project` name one. */
function inNamedScope(context: Context): (scopeKey: string | undefined) => boolean {
  const { global: isGlobal, project } = context.options;
  if (isGlobal !== true && project === undefined) return () => true;
  const wanted = keyOf(context.writingScope());
  return (scopeKey) => scopeKey === wanted;
}

function accountsIn(context: Context, { scopes }: RepairWorld): Account[] {
  const isWanted = inNamedScope(context);
  return scopes
    .filter(({ key }) => isWanted(key))
    .flatMap(({ pool, flagged }): Account[] => [...pool.accounts, ...flagged.accounts]);
}

function accountOf(repair: AccountRepair, accounts: readonly Account[]): Account | undefined {
  return 'accountId' in repair ? accounts.find(({ id }) => id === repair.accountId) : undefined;
}

/** Of the same account, which may have moved to another pool meanwhile. */
function isSame(one: AccountRepair, other: AccountRepair): boolean {
  return one.kind === other.kind && accountIdOf(one) === accountIdOf(other);
}

function accountIdOf(repair: AccountRepair): string | undefined {
  return 'accountId' in repair ? repair.accountId : undefined;
}

async function applyStored(
  context: Context,
  plan: readonly AccountRepair[],
  world: RepairWorld,
): Promise<AppliedRepair[]> {
  const stored = plan.filter(isStored);
  if (stored.length === 0) return [];
  return withStore(context.root, { signal: context.signal }, (store) => applyAccountRepairs(store, stored, world));
}

async function refreshDue(context: Context, repairs: readonly RefreshRepair[]): Promise<FixedRepair[]> {
  if (repairs.length === 0) return [];
  const { ensureUsable } = await import('../core/logins/refresh.js');
  const deps = await refreshDeps(context);
  const progress = startProgress(context, 'Refreshing', repairs.length);
  const tried = await inParallel(repairs, context.settings().probeConcurrency, async (repair) => {
    const attempt = await orError(() => {
      const account = findStored(readAllScopes(context.root.paths, deps.files.read), repair.accountId);
      // A token that is good and does not come with what is missing has to be replaced.
      const rejected = repair.why === 'expired' ? undefined : account.tokens.accessToken;
      return ensureUsable(deps, definedOnly({ account, reason: 'proactive_expiry' as const, rejected }));
    });
    progress.step();
    return { repair, attempt };
  });
  progress.stop();
  await settleRefusedClients(
    context,
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
    return { outcome: 'failed', problem: errorView(attempt) };
  }
  if (attempt.kind === 'usable') return { outcome: 'done' };
  const problem = describeOutcome(attempt);
  const { code, message } = problem;
  return attempt.kind === 'left-to-client'
    ? { outcome: 'not-needed', problem: { code, message } }
    : { outcome: 'failed', problem };
}
