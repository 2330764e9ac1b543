import type { Account } from '../accounts/account.js';
import type { Clock } from '../clock.js';
import { type BesideRecords, withNewestTokens } from '../lineage/beside-records.js';
import type { ScopeRecords } from '../pools/scope-records.js';

/** An account whose tokens are kept alive. */
export interface Guarded {
  /** With the newest tokens of all its copies. */
  readonly account: Account;
  /** A home of the official client holds its login. */
  readonly isInHome: boolean;
  /** The home holds older tokens, as after a kill. It gets the newest before a client sends the one that was spent. */
  readonly isBehind: boolean;
}

export interface DueRules {
  /** So long before its end an access token is refreshed. */
  readonly bufferMs: number;
  /** The same for a token that a home holds, so that the official client never has to refresh it. */
  readonly aheadMs: number;
}

/**
 * The accounts of every pool that can be refreshed; one that the person has disabled only while a client could use it.
 */
export function guardedAccounts(scopes: readonly ScopeRecords[], beside: BesideRecords): Guarded[] {
  const accounts = scopes.flatMap(({ pool }) => pool.accounts).map((account) => withNewestTokens(account, beside));
  return accounts
    .filter(({ tokens }) => tokens.refreshToken !== undefined)
    .map((account) => ({
      account,
      isInHome: isInHome(account, beside),
      isBehind: isBehind(account, beside),
    }))
    .filter((each) => each.account.enabled || each.isInHome);
}

function isInHome({ id, tokens }: Account, { logins }: BesideRecords): boolean {
  return logins.some(
    ({ accountId, login }) => accountId === id || login.tokens.refreshToken?.equals(tokens.refreshToken) === true,
  );
}

function isBehind({ id, tokens }: Account, { logins }: BesideRecords): boolean {
  return logins.some(
    ({ accountId, login }) =>
      accountId === id &&
      login.tokens.refreshToken !== undefined &&
      !login.tokens.refreshToken.equals(tokens.refreshToken),
  );
}

/** When its access token is to be refreshed, milliseconds since the epoch; undefined while nobody knows when it ends. */
export function dueAt(guarded: Guarded, rules: DueRules): number | undefined {
  const { accessToken, expiresAt } = guarded.account.tokens;
  if (accessToken === undefined || guarded.isBehind) return 0;
  return expiresAt === undefined ? undefined : expiresAt - patienceMs(guarded, rules);
}

function patienceMs({ isInHome: isHeld }: Guarded, { bufferMs, aheadMs }: DueRules): number {
  return isHeld ? Math.max(bufferMs, aheadMs) : bufferMs;
}

/**
 * The official client refreshes with five minutes left; the minute before is for a request of ours
 * (docs/decisions/035-refreshing-ahead-of-the-client.md).
 */
const clientRefreshesMs = 360_000;
const longestJitterMs = 60_000;

/**
 * When to wake up for an account: a little later than it is due, so that machines which were set up together do not ask
 * in step.
 */
export function wakeAt(guarded: Guarded, rules: DueRules): Moment | undefined {
  const at = dueAt(guarded, rules);
  if (at === undefined) return undefined;
  const patience = patienceMs(guarded, rules);
  const room = guarded.isInHome ? (patience - clientRefreshesMs) / 2 : longestJitterMs;
  const jitter = Math.max(0, Math.min(patience / 10, room, longestJitterMs));
  return { at: at + Math.random() * jitter, about: guarded.account.id };
}

/** A time at which something is to be done. */
export interface Moment {
  /** Milliseconds since the epoch, by the wall clock: expiries and resets are such times. */
  readonly at: number;
  /** Not before this, by the clock that never jumps: pauses after a failure are such times. */
  readonly notBefore?: number;
  /** The account that it is about. */
  readonly about?: string;
}

/** Milliseconds until a moment has come; 0 or less where it has. */
export function timeUntil({ at, notBefore = Number.NEGATIVE_INFINITY }: Moment, clock: Clock): number {
  return Math.max(at - clock.now(), notBefore - clock.monotonicMs());
}

/** Milliseconds until the first of them; infinite where there is none. */
export function timeUntilFirst(moments: readonly Moment[], clock: Clock): number {
  return moments.reduce((least, moment) => Math.min(least, timeUntil(moment, clock)), Number.POSITIVE_INFINITY);
}
