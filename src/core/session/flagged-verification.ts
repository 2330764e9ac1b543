import type { FlaggedAccount } from '../accounts/account.js';
import type { Doubt, Verdict } from '../asking/verdict.js';
import { definedOnly } from '../defined-only.js';
import { inParallel } from '../in-parallel.js';
import { withNewestTokens } from '../lineage/beside-records.js';
import { readAllScopes } from '../pools/scope-files.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import { networkHint } from '../provider/obstruction.js';
import { type ProviderReason, reasonIn } from '../provider-reason.js';
import { keyOf, type Roster } from '../roster/roster.js';
import { readOnlyAccess, refreshDeps } from './backend-access.js';
import { isObstruction } from './failure.js';
import { openRoster } from './selection.js';
import type { Session } from './session.js';

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
  /** The account as it was before. */
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
export async function verifyFlagged(session: Session, choices: VerificationChoices): Promise<VerifiedAccount[]> {
  const roster = openRoster(session, session.writingScope());
  const accounts = roster.records.flagged.accounts;
  nameOthers(session, roster);
  if (accounts.length === 0) return [];
  const refresh = await refreshDeps(session);
  const deps = choices.probe ? { refresh, probe: await readOnlyAccess(session, roster) } : { refresh };
  const { verifyAndRecord } = await import('../asking/verification.js');
  const progress = session.progress('Verifying', accounts.length);
  const tried = await inParallel(accounts, session.settings().probeConcurrency, (account) =>
    // Ctrl-C starts no other account, and waits until what was learnt about this one is stored.
    session.uninterrupted(async () => {
      session.signal.throwIfAborted();
      const verified = await verifyAndRecord(deps, account, choices);
      progress.step();
      return verified;
    }),
  );
  progress.stop();
  warnIfObstructed(
    session,
    tried.map(({ verdict }) => (verdict.kind === 'works' ? {} : verdict)),
  );
  const refusedClients = tried.filter(({ verdict }) => verdict.kind === 'client-refused').length;
  if (refusedClients > 1) session.warn('the provider refuses this program for several accounts; is there an update?');
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

/** As {@link verifyFlagged}, without a refresh and without a write: by what the access token at hand shows for free. */
export async function predictFlagged(session: Session, choices: VerificationChoices): Promise<VerifiedAccount[]> {
  const roster = openRoster(session, session.readingScope());
  const accounts = roster.records.flagged.accounts.map((account) => withNewestTokens(account, roster.beside));
  nameOthers(session, roster);
  if (accounts.length === 0) return [];
  const progress = session.progress('Asking about quota', accounts.length);
  const predict = await predictor(session, roster, choices.probe);
  const predicted = await inParallel(accounts, session.settings().probeConcurrency, async (account) => {
    const prediction = await predict(account);
    progress.step();
    const { lastVerifiedAt, verificationCount: count } = account.flag;
    return { account, ...prediction, count, ...definedOnly({ lastVerifiedAt }) };
  });
  progress.stop();
  warnIfObstructed(session, predicted);
  return predicted;
}

type Prediction = Pick<VerifiedAccount, 'outcome' | 'reason' | 'said'>;

async function predictor(session: Session, roster: Roster, probes: boolean) {
  const { probeAccount } = await import('../asking/verification.js');
  const probe = probes ? await readOnlyAccess(session, roster) : undefined;
  const { provider } = session.provider();
  return async (account: FlaggedAccount): Promise<Prediction> => {
    if (foreignIssuer(account, provider) !== undefined) {
      return { outcome: 'would-stay-flagged', reason: 'issuer-mismatch' };
    }
    const { verdict } = await probeAccount(probe, account, session.clock.now());
    const isOver = account.tokens.refreshToken === undefined && verdict.kind === 'dead';
    return isOver ? { outcome: 'would-stay-flagged', reason: 'no-refresh-token' } : predictionOf(verdict);
  };
}

/** A refresh may replace an access token that is missing or over; a refused one says that the login has ended. */
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

/** Gives the hint once: what stands in the way is the same for every account. */
function warnIfObstructed(session: Session, found: readonly { readonly reason?: string }[]): void {
  if (found.some(({ reason = '' }) => isObstruction({ code: reason }))) session.warn(networkHint);
}

/** Names accounts that are set aside in other pools, when there is none in this one. */
function nameOthers(session: Session, { records, scope }: Roster): void {
  if (records.flagged.accounts.length > 0) return;
  const others = readAllScopes(session.root.paths).filter(({ flagged }) => flagged.accounts.length > 0);
  if (others.length === 0) return;
  const hasGlobal = others.some(({ key }) => key === undefined);
  const count = others.reduce((sum, { flagged }) => sum + flagged.accounts.length, 0);
  const where = keyOf(scope) === undefined || !hasGlobal ? '--project <dir>' : '--global';
  session.warn(`${count} elsewhere: codex-auth verify-flagged ${where}`);
}
