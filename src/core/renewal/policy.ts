import { isAccessOnly, type TokenSet } from '../accounts/account.js';
import type { FlatLogin } from '../token-files/flat-token-file.js';

export interface RenewalPolicy {
  /** What ends within this many milliseconds is renewed. */
  readonly beforeMs: number;
  /** Renew what is not due, too. */
  readonly force: boolean;
}

export type DueReason =
  | 'forced'
  | 'no-access-token'
  | 'no-id-token'
  /** A token file that does not say when its access token ends. */
  | 'no-stated-end'
  | 'ends-soon'
  /** The refresh token of a token file has been exchanged already, and the answer is not in the file yet. */
  | 'outdated';

/** Why a login is to be renewed; undefined when it is not. Pure. */
export function whyDue(tokens: TokenSet, { beforeMs, force }: RenewalPolicy, now: number): DueReason | undefined {
  const { accessToken, idToken, expiresAt } = tokens;
  if (force) return 'forced';
  // A login that nobody can renew is reported only when it has ended.
  if (isAccessOnly(tokens)) return expiresAt !== undefined && expiresAt <= now ? 'ends-soon' : undefined;
  if (accessToken === undefined) return 'no-access-token';
  if (idToken === undefined) return 'no-id-token';
  return expiresAt !== undefined && expiresAt - beforeMs <= now ? 'ends-soon' : undefined;
}

/** The same for a token file, which may state another end than its access token: the earlier one counts. */
export function whyFileDue(login: FlatLogin, policy: RenewalPolicy, now: number): DueReason | undefined {
  const { tokens, statedExpiry } = login;
  const ends = [tokens.expiresAt, statedExpiry].filter((end) => end !== undefined);
  const earliest = ends.length === 0 ? {} : { expiresAt: Math.min(...ends) };
  const { expiresAt: _, ...others } = tokens;
  const reason = whyDue({ ...others, ...earliest }, policy, now);
  return reason ?? (statedExpiry === undefined ? 'no-stated-end' : undefined);
}

/** Whether the present access token is to be replaced, however long it lives. */
export function mustReplace(reason: DueReason): boolean {
  return reason === 'forced' || reason === 'no-id-token' || reason === 'no-stated-end';
}
