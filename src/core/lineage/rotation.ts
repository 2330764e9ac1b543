import type { Account, TokenSet } from '../accounts/account.js';
import { contradicts } from '../accounts/identity.js';
import { readClaims, type TokenClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import { changeRecords } from '../pools/change-records.js';
import type { RecordStore } from '../pools/store.js';
import type { Secret } from '../secret.js';

/**
 * Stores newly received tokens (P3). The account itself takes all of them; every other record that held the spent
 * refresh token, in any pool or flagged file of the root, takes the new refresh token only: the access and id tokens
 * belong to one account, the refresh token to the whole login.
 */
export function spread(
  store: RecordStore,
  accountId: string,
  received: Partial<TokenSet>,
  spent: Secret | undefined,
): void {
  changeRecords(store, (account) => rotated(account, accountId, received, spent));
}

function rotated<A extends Account>(account: A, id: string, received: Partial<TokenSet>, spent: Secret | undefined): A {
  if (account.id === id && areTokensOf(account, received)) {
    return { ...withClaims(account, received), tokens: nextTokens(account.tokens, received) };
  }
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined || !refreshToken.equals(spent) || received.refreshToken === undefined) return account;
  const tokens = { ...account.tokens, refreshToken: received.refreshToken, generation: account.tokens.generation + 1 };
  return { ...account, tokens };
}

/** An access token of one workspace never gets into the record of another, whatever the record is called. */
export function areTokensOf(account: Account, received: Partial<TokenSet>): boolean {
  const { userId, accountId, subject } = claimsOf(received);
  // An account of a login that named only its subject is known by that until a token names the user id.
  const isBySubject = account.userId !== undefined && account.userId === subject;
  return !contradicts(account, definedOnly({ userId: isBySubject ? subject : userId, accountId }));
}

/** The tokens know best what the account is called now, and what plan it has. */
function withClaims<A extends Account>(account: A, received: Partial<TokenSet>): A {
  const { userId, accountId, email, planType } = claimsOf(received);
  return { ...account, ...definedOnly({ userId, accountId, email, planType }) };
}

function claimsOf({ accessToken, idToken }: Partial<TokenSet>): TokenClaims {
  const claims = (token: Secret | undefined) => (token === undefined ? undefined : readClaims(token.reveal()));
  return { ...claims(accessToken), ...claims(idToken) };
}

/**
 * What an answer leaves out keeps its old value (official-client.md#refresh: every field of a refresh answer is
 * optional), except the end of an access token that has been replaced.
 */
export function nextTokens(before: TokenSet, received: Partial<TokenSet>): TokenSet {
  const { expiresAt, ...lasting } = before;
  const kept = received.accessToken === undefined ? before : lasting;
  return { ...kept, ...received, generation: before.generation + 1 };
}
