import { describeAccount } from '../../core/accounts/account.js';
import { type AskingFailed, askOnItsOwn } from '../../core/asking/usage-endpoint.js';
import type { Attempts } from '../../core/guarding/attempts.js';
import { type DueRules, dueAt, type Guarded } from '../../core/guarding/due.js';
import { describeOutcome } from '../../core/logins/describe-outcome.js';
import type { RefreshOutcome } from '../../core/logins/refresh-outcome.js';
import { withJitter } from '../../core/pace.js';
import { refreshDeps } from '../../core/session/backend-access.js';
import { isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import type { Settings } from '../../core/settings.js';
import type { Context } from '../program/context.js';
import { formatMoment } from '../render/time.js';
import { warnIfFlaggedInUse } from '../switching/set-aside.js';
import type { Teller } from './tell.js';

export type Outcome = RefreshOutcome | AskingFailed;

export interface RefreshRound {
  readonly settings: Settings;
  readonly attempts: Attempts;
  readonly tell: Teller;
  /** No round follows, so that a network that fails is no reason to leave the other accounts for later. */
  readonly isLast: boolean;
  readonly count: (outcome: Outcome) => void;
}

export function dueRules({ proactiveRefreshBufferMs, refreshAheadMs }: Settings): DueRules {
  return { bufferMs: proactiveRefreshBufferMs, aheadMs: refreshAheadMs };
}

/** Refreshes what is due now, one account after the other. Returns whether anything was. */
export async function refreshDue(
  context: Context,
  guarded: readonly Guarded[],
  { settings, attempts, tell, isLast, count }: RefreshRound,
): Promise<boolean> {
  const { clock, signal } = context;
  const intervalMs = settings.proactiveRefreshIntervalMs;
  attempts.keepOnly(new Set(guarded.map(({ account }) => account.id)));
  const isDue = (each: Guarded) => (dueAt(each, dueRules(settings)) ?? Number.POSITIVE_INFINITY) <= clock.now();
  const due = guarded.filter((each) => isDue(each) && !attempts.isResting(each.account.id));
  if (due.length === 0) return false;
  const { ensureUsable } = await import('../../core/spending/refresh.js');
  const deps = await refreshDeps(context, { settings, skewMs: settings.proactiveRefreshBufferMs });
  let inTheWay = 0;
  for (const [position, { account, isBehind }] of due.entries()) {
    // The other accounts would meet the same obstacle, and their tokens would go to whatever answers in between.
    if (inTheWay === enoughInTheWay) break;
    if (position > 0) await clock.sleep(withJitter(pauseMs), signal);
    signal.throwIfAborted();
    const outcome = await askOnItsOwn(account, () => ensureUsable(deps, { account, reason: 'proactive_expiry' }));
    count(outcome);
    noteAttempt(context, attempts, account.id, { outcome, intervalMs, isBehind });
    // The provider was not reached, and would not be reached for another account.
    const isOffline = outcome.kind === 'unsent';
    inTheWay = isObstructed(outcome) || (!isLast && isOffline) ? inTheWay + 1 : 0;
    const text = outcomeText(outcome, clock.now());
    if (isObstructed(outcome)) tell('the way', text);
    else tell(account.id, `${describeAccount(account)}: ${text}`);
    if (outcome.kind === 'refused') warnIfFlaggedInUse(context, context.readingScope());
  }
  if (inTheWay === enoughInTheWay) attempts.allFail(intervalMs);
  return true;
}

const enoughInTheWay = 2;

/** The pause between two accounts, so that a large pool does not send all its requests at once. */
const pauseMs = 500;

export function isUnreachable(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && outcome.kind !== 'usable' && isNetworkFailure(describeOutcome(outcome));
}

function noteAttempt(
  { clock }: Context,
  attempts: Attempts,
  id: string,
  {
    outcome,
    intervalMs,
    isBehind,
  }: { readonly outcome: Outcome; readonly intervalMs: number; readonly isBehind: boolean },
): void {
  // A client that looks after its login is looked at again soon: it may have ended.
  const isWell = outcome.kind === 'usable' || outcome.kind === 'left-to-client';
  // Where the home is still behind afterwards, trying again every minute would not help.
  if (isWell && !isBehind) attempts.wentWell(id, intervalMs);
  else attempts.failed(id, intervalMs, knownWaitMs(outcome, clock.now()));
}

/** How long an account has to wait, where the provider or the journal tells. */
function knownWaitMs(outcome: Outcome, now: number): number | undefined {
  if (outcome.kind === 'unknown' && outcome.retryAt !== undefined) return outcome.retryAt - now;
  return outcome.kind === 'rate-limited' ? outcome.retryAfterMs : undefined;
}

function isObstructed(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && isObstruction(describeOutcome(outcome));
}

function outcomeText(outcome: Outcome, now: number): string {
  if (outcome.kind === 'failed') return outcome.error.message;
  if (outcome.kind !== 'usable') {
    const { message, hint } = describeOutcome(outcome);
    const isSetAside = outcome.kind === 'refused' && outcome.flaggedAs !== undefined;
    return isSetAside || isObstructed(outcome) ? `${message}: ${hint}` : message;
  }
  const { expiresAt } = outcome.account.tokens;
  const until = expiresAt === undefined ? '' : ` until ${formatMoment(expiresAt, now)}`;
  return { valid: `valid${until}`, adopted: `newer token taken over${until}`, refreshed: `refreshed${until}` }[
    outcome.how
  ];
}
