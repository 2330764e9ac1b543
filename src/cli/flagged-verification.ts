import type { FlaggedAccount } from '../core/accounts/account.js';
import type { Doubt, Verdict } from '../core/asking/verdict.js';
import { definedOnly } from '../core/defined-only.js';
import { inParallel } from '../core/in-parallel.js';
import { withNewestTokens } from '../core/logins/beside-records.js';
import { keyOf, type Roster } from '../core/logins/roster.js';
import { readAllScopes } from '../core/pools/scope-files.js';
import { foreignIssuer } from '../core/provider/foreign-issuer.js';
import { networkHint } from '../core/provider/obstruction.js';
import { type ProviderReason, reasonIn } from '../core/provider-reason.js';
import { readOnlyAccess, refreshDeps } from './backend-access.js';
import type { Context } from './context.js';
import { warnIfFlaggedInUse } from './flagged-in-use.js';
import { isObstruction } from './probe-failure.js';
import { startProgress } from './progress.js';
import { openRoster } from './selection.js';

export type VerificationOutcome =
  | 'restored'
  | 'still-flagged'
  | 'healthy'
  | 'rate-limited'
  | 'unverified'
  | 'would-restore'
  | 'would-stay-flagged'
  | 'unknown-without-refresh';

export interface VerifiedAccount {
  /** As it was before. */
  readonly account: FlaggedAccount;
  readonly outcome: VerificationOutcome;
  readonly reason?: string;
  readonly said?: ProviderReason;
  readonly lastVerifiedAt?: number;
  readonly count: number;
}

export interface VerificationChoices {
  readonly restore: boolean;
  readonly probe: boolean;
}

/** Tries every account that is set aside in this scope; each one's result is stored before the next of its worker. */
export async function verifyFlagged(context: Context, choices: VerificationChoices): Promise<VerifiedAccount[]> {
  const roster = openRoster(context, context.writingScope());
  const accounts = roster.records.flagged.accounts;
  nameOthers(context, roster);
  if (accounts.length === 0) return [];
  const refresh = await refreshDeps(context);
  const deps = choices.probe ? { refresh, probe: await readOnlyAccess(context, roster) } : { refresh };
  const { verifyAndRecord } = await import('../core/asking/verification.js');
  const progress = startProgress(context, 'Verifying', accounts.length);
  const tried = await inParallel(accounts, context.settings().probeConcurrency, (account) =>
    // Ctrl-C starts no other account, and waits until what was learnt about this one is stored.
    context.uninterrupted(async () => {
      context.signal.throwIfAborted();
      const verified = await verifyAndRecord(deps, account, choices);
      progress.step();
      return verified;
    }),
  );
  progress.stop();
  warnIfFlaggedInUse(context, roster.scope);
  warnIfObstructed(
    context,
    tried.map(({ verdict }) => (verdict.kind === 'works' ? {} : verdict)),
  );
  const refusedClients = tried.filter(({ verdict }) => verdict.kind === 'client-refused').length;
  if (refusedClients > 1) context.warn('the provider refuses this program for several accounts; is there an update?');
  return tried.map(({ account, verdict, ...attempt }) => ({
    account,
    ...outcomeOf(verdict, attempt.place, refusedClients),
    ...definedOnly({ lastVerifiedAt: attempt.at }),
    count: attempt.count,
  }));
}

function outcomeOf(verdict: Verdict, place: 'restored' | 'flagged' | 'gone', refusedClients: number): Prediction {
  switch (verdict.kind) {
    case 'works':
      return { outcome: place === 'flagged' ? 'healthy' : 'restored' };
    case 'rate-limited':
      return because('rate-limited', verdict);
    case 'dead':
      return because('still-flagged', verdict);
    case 'client-refused':
      return because(refusedClients > 1 ? 'unverified' : 'still-flagged', verdict);
    case 'unverified':
      return because('unverified', verdict);
  }
}

function because(outcome: VerificationOutcome, doubt: Doubt): Prediction {
  return { outcome, reason: doubt.reason, said: reasonIn(doubt) };
}

/** The same without a refresh and without a write: what the access token at hand shows for free. */
export async function predictFlagged(context: Context, choices: VerificationChoices): Promise<VerifiedAccount[]> {
  const roster = openRoster(context, context.readingScope());
  const accounts = roster.records.flagged.accounts.map((account) => withNewestTokens(account, roster.beside));
  nameOthers(context, roster);
  if (accounts.length === 0) return [];
  const progress = startProgress(context, 'Asking about quota', accounts.length);
  const predict = await predictor(context, roster, choices.probe);
  const predicted = await inParallel(accounts, context.settings().probeConcurrency, async (account) => {
    const prediction = await predict(account);
    progress.step();
    const { lastVerifiedAt, verificationCount: count } = account.flag;
    return { account, ...prediction, count, ...definedOnly({ lastVerifiedAt }) };
  });
  progress.stop();
  warnIfFlaggedInUse(context, roster.scope);
  warnIfObstructed(context, predicted);
  return predicted;
}

type Prediction = Pick<VerifiedAccount, 'outcome' | 'reason' | 'said'>;

async function predictor(context: Context, roster: Roster, probes: boolean) {
  const { probeAccount } = await import('../core/asking/verification.js');
  const probe = probes ? await readOnlyAccess(context, roster) : undefined;
  const { provider } = context.provider();
  return async (account: FlaggedAccount): Promise<Prediction> => {
    if (account.tokens.refreshToken === undefined) return { outcome: 'would-stay-flagged', reason: 'no-refresh-token' };
    if (foreignIssuer(account, provider) !== undefined) {
      return { outcome: 'would-stay-flagged', reason: 'issuer-mismatch' };
    }
    const { verdict } = await probeAccount(probe, account, context.clock.now());
    return predictionOf(verdict);
  };
}

/** A refresh may bring a good access token in place of one that is over; a refused one says that the login has ended. */
function predictionOf(verdict: Verdict): Prediction {
  switch (verdict.kind) {
    case 'works':
      return { outcome: 'would-restore' };
    case 'dead': {
      const isReplaceable = /^(?:no-access-token|access-token-.+)$/.test(verdict.reason);
      return because(isReplaceable ? 'unknown-without-refresh' : 'would-stay-flagged', verdict);
    }
    case 'rate-limited':
      return because('would-stay-flagged', verdict);
    case 'client-refused':
    case 'unverified':
      return because('unknown-without-refresh', verdict);
  }
}

/** What stands in the way is the same for every account, and what helps is said once. */
function warnIfObstructed(context: Context, found: readonly { readonly reason?: string }[]): void {
  if (found.some(({ reason = '' }) => isObstruction({ code: reason }))) context.warn(networkHint);
}

/** Accounts that are set aside elsewhere, when there is none here. */
function nameOthers(context: Context, { records, scope }: Roster): void {
  if (records.flagged.accounts.length > 0) return;
  const others = readAllScopes(context.root.paths).filter(({ flagged }) => flagged.accounts.length > 0);
  if (others.length === 0) return;
  const hasGlobal = others.some(({ key }) => key === undefined);
  const count = others.reduce((sum, { flagged }) => sum + flagged.accounts.length, 0);
  const where = keyOf(scope) === undefined || !hasGlobal ? '--project <dir>' : '--global';
  context.warn(`${count} elsewhere: codex-auth verify-flagged ${where}`);
}
