import { describeAccount } from '../../core/accounts/account.js';
import { type AskingFailed, askOnItsOwn } from '../../core/asking/usage-endpoint.js';
import type { Attempts } from '../../core/guarding/attempts.js';
import { type DueRules, dueAt, type Guarded } from '../../core/guarding/due.js';
import { describeOutcome } from '../../core/logins/describe-outcome.js';
import type { RefreshOutcome } from '../../core/logins/refresh-outcome.js';
import { withJitter } from '../../core/pace.js';
import { refreshDeps } from '../../core/session/backend-access.js';
import { isNetworkFailure } from '../../core/session/failure.js';
import type { Settings } from '../../core/settings.js';
import type { Context } from '../context.js';
import { warnIfFlaggedInUse } from '../flagged-in-use.js';
import { isObstructed, outcomeText, type Teller } from './tell.js';

export type Outcome = RefreshOutcome | AskingFailed;

export interface RefreshRound {
  readonly settings: Settings;
  readonly attempts: Attempts;
  readonly tell: Teller;
  /** Nothing comes after it, so that a network that fails is no reason to leave the others for later. */
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
  const { ensureUsable } = await import('../../core/logins/refresh.js');
  const deps = await refreshDeps(context, { settings, skewMs: settings.proactiveRefreshBufferMs });
  let inTheWay = 0;
  for (const [position, { account }] of due.entries()) {
    // The others would meet the same, and their tokens go to whoever is in between.
    if (inTheWay === enoughInTheWay) break;
    if (position > 0) await clock.sleep(withJitter(pauseMs), signal);
    signal.throwIfAborted();
    const outcome = await askOnItsOwn(account, () => ensureUsable(deps, { account, reason: 'proactive_expiry' }));
    count(outcome);
    noteAttempt(context, attempts, account.id, { outcome, intervalMs });
    inTheWay = isObstructed(outcome) || (!isLast && isOffline(outcome)) ? inTheWay + 1 : 0;
    const text = outcomeText(outcome, clock.now());
    if (isObstructed(outcome)) tell('the way', text);
    else tell(account.id, `${describeAccount(account)}: ${text}`);
    if (outcome.kind === 'refused') warnIfFlaggedInUse(context, context.readingScope());
  }
  if (inTheWay === enoughInTheWay) attempts.allFail(intervalMs);
  return true;
}

const enoughInTheWay = 2;

/** Between two accounts, so that a large pool does not knock on the provider's door all at once. */
const pauseMs = 500;

/** Nobody was reached, and nobody would be for another account. */
function isOffline(outcome: Outcome): boolean {
  return outcome.kind === 'unsent';
}

export function isUnreachable(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && outcome.kind !== 'usable' && isNetworkFailure(describeOutcome(outcome));
}

function noteAttempt(
  { clock }: Context,
  attempts: Attempts,
  id: string,
  { outcome, intervalMs }: { readonly outcome: Outcome; readonly intervalMs: number },
): void {
  // A client that looks after its login is looked at again soon: it may have ended.
  if (outcome.kind === 'usable' || outcome.kind === 'left-to-client') attempts.wentWell(id, intervalMs);
  else attempts.failed(id, intervalMs, knownWaitMs(outcome, clock.now()));
}

/** How long it has to wait, where the provider or the journal says so. */
function knownWaitMs(outcome: Outcome, now: number): number | undefined {
  if (outcome.kind === 'unknown' && outcome.retryAt !== undefined) return outcome.retryAt - now;
  return outcome.kind === 'rate-limited' ? outcome.retryAfterMs : undefined;
}
