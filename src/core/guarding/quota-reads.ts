import type { Account } from '../accounts/account.js';
import { factsOfAccount } from '../decision/facts.js';
import { standingOf } from '../decision/standing.js';
import { readHealth } from '../health/state.js';
import type { Roster } from '../roster/roster.js';
import type { Attempts } from './attempts.js';
import type { Moment } from './due.js';

/** How rarely an account that waits for its reset is read: its quota changes only where somebody fills it up. */
const exhaustedIntervalMs = 3_600_000;
/** The provider's clock may be behind ours. */
const afterResetMs = 5_000;

export interface QuotaReadRules {
  readonly now: number;
  readonly intervalMs: number;
  readonly attempts: Attempts;
}

/**
 * When the quota of an account is to be read the next time: never within one interval of the last time, whichever
 * program asked; of one that is exhausted at its reset. Undefined for one that cannot be asked with the access token it
 * has.
 */
export function nextQuotaRead(roster: Roster, account: Account, rules: QuotaReadRules): Moment | undefined {
  const { now, intervalMs, attempts } = rules;
  const { id, enabled, tokens } = account;
  const isAskable = tokens.accessToken !== undefined && (tokens.expiresAt === undefined || tokens.expiresAt > now);
  if (!enabled || !isAskable) return undefined;
  const notBefore = attempts.restUntil(id);
  const knowledge = roster.state.accounts[id];
  const limitedUntil = readHealth(knowledge?.health, now).rateLimitedUntil ?? 0;
  const observedAt = knowledge?.quota?.observedAt;
  // What comes from the future was read by a clock that was wrong.
  if (observedAt === undefined || observedAt > now) return { at: limitedUntil, notBefore, about: id };
  const at = Math.max(observedAt + intervalMs, limitedUntil, atReset(roster, account, rules, observedAt) ?? 0);
  return { at, notBefore, about: id };
}

function atReset(
  roster: Roster,
  account: Account,
  { now, intervalMs }: QuotaReadRules,
  observedAt: number,
): number | undefined {
  // How the account stood when it was read: whether the reset has passed meanwhile is the question.
  const standing = standingOf(factsOfAccount(roster, account, 0, observedAt), { now: observedAt });
  if (standing.state !== 'exhausted') return undefined;
  const at = standing.availableAt === undefined ? undefined : standing.availableAt + afterResetMs;
  const longMs = Math.max(exhaustedIntervalMs, intervalMs);
  const regular = observedAt + longMs;
  // The last reading before the reset is put off until the reset.
  return at !== undefined && (at <= now || at - regular < longMs) ? at : regular;
}
