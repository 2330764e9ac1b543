import type { TokenSet } from './account.js';
import { readClaims } from './jwt-claims.js';

/** A copy of one account's tokens, and where it was found. */
export interface LineageCopy {
  readonly source: 'pool' | 'auth-file' | 'journal' | 'import';
  readonly tokens: TokenSet;
}

export function isNewer(copy: LineageCopy, than: LineageCopy): boolean {
  return compareLineage(copy, than) > 0;
}

/**
 * Positive when `a` is the later of two copies of one account's tokens: the one with the later `iat` of the access token,
 * the server's own clock; then with the later `last_refresh`; then our own generation, which says nothing about other
 * programs' copies. An opaque access token has no `iat`: its `last_refresh` stands in for it, so that the order is a total
 * preorder. Which of several copies is the one to go on with is for `logins/newest.ts` to say.
 */
export function compareLineage(a: LineageCopy, b: LineageCopy): number {
  return (
    issuedAt(a.tokens) - issuedAt(b.tokens) ||
    lastRefresh(a.tokens) - lastRefresh(b.tokens) ||
    ownGeneration(a) - ownGeneration(b)
  );
}

// Zero instead of -Infinity: the difference of two infinities is no number.
const longAgo = 0;

function issuedAt(tokens: TokenSet): number {
  if (tokens.accessToken === undefined) return longAgo;
  return readClaims(tokens.accessToken.reveal())?.issuedAt ?? lastRefresh(tokens);
}

function lastRefresh(tokens: TokenSet): number {
  return tokens.lastRefresh ?? longAgo;
}

function ownGeneration(copy: LineageCopy): number {
  return copy.source === 'pool' || copy.source === 'journal' ? copy.tokens.generation : 0;
}
