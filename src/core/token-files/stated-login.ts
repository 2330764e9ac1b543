import type { TokenSet } from '../accounts/account.js';
import { contradicts, realAccountId } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { identityOfClaims, type TokenIdentity } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { readSecret, readText } from '../storage/tolerant.js';

/** What a file says about one login, as it says it; a member that is missing or of another type is `undefined`. */
export interface StatedLogin {
  readonly idToken: unknown;
  readonly accessToken: unknown;
  readonly refreshToken: unknown;
  readonly accountId: unknown;
  readonly email: unknown;
  readonly expiresAt: unknown;
  readonly lastRefresh: unknown;
  readonly userId?: unknown;
}

export interface JudgedLogin {
  readonly identity: TokenIdentity;
  /** With a refresh token or an access token, or both; the id token may be missing. */
  readonly tokens: TokenSet;
  /** When the file says that the access token ends, milliseconds since the epoch; absent when it is missing or no time. */
  readonly statedExpiry?: number;
}

export type StatedRefusal = 'no-refresh-token' | 'account-mismatch' | 'no-identity';

/** A login that can be used, or why it cannot: for every kind of file that names its members in its own way. */
export function judgeStatedLogin(stated: StatedLogin): JudgedLogin | StatedRefusal {
  if (![stated.refreshToken, stated.accessToken].some(readSecret)) return 'no-refresh-token';
  const identity = identityOf(stated);
  if (typeof identity === 'string') return identity;
  const accessToken = readSecret(stated.accessToken);
  const statedExpiry = readStamp(stated.expiresAt);
  const tokens = {
    generation: 0,
    ...definedOnly({
      refreshToken: readSecret(stated.refreshToken),
      accessToken,
      idToken: readSecret(stated.idToken),
      expiresAt: accessToken && (readClaims(accessToken.reveal())?.expiresAt ?? statedExpiry),
      lastRefresh: readStamp(stated.lastRefresh),
    }),
  };
  return { identity, tokens, ...definedOnly({ statedExpiry }) };
}

/** The tokens' own claims count; what the file says beside them only fills what they leave open. */
function identityOf(stated: StatedLogin): TokenIdentity | StatedRefusal {
  const ofAccess = claimsOf(stated.accessToken);
  const claims = { ...ofAccess, ...claimsOf(stated.idToken) };
  const named = definedOnly({
    accountId: realAccountId(readText(stated.accountId)),
    userId: readText(stated.userId),
  });
  if (contradicts(claims, ofAccess) || contradicts(claims, named)) return 'account-mismatch';
  const email = claims.email ?? readText(stated.email);
  const identity = identityOfClaims(definedOnly({ ...named, ...claims, email }));
  return identity.userId === undefined && identity.email === undefined ? 'no-identity' : identity;
}

export function claimsOf(token: unknown): NonNullable<ReturnType<typeof readClaims>> {
  const text = readText(token);
  return (text === undefined ? undefined : readClaims(text)) ?? {};
}

/** The last second that is not a time in milliseconds of this century. */
const latestSecond = 1e11;

/** An ISO time, or a number of seconds or milliseconds; the zero time that some tools write for "unknown" is none. */
function readStamp(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : (readText(value) ?? '').trim();
  const digits = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const parsed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  const ms = digits === undefined ? parsed : digits < latestSecond ? digits * 1000 : digits;
  return ms > 0 && !Number.isNaN(new Date(ms).getTime()) ? ms : undefined;
}
