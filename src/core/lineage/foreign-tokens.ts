import type { Account, TokenSet } from '../accounts/account.js';
import { haveOtherEmails } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import type { Secret } from '../secret.js';
import { areTokensOf } from './rotation.js';

/*
 * A record can hold the tokens of another account: another tool has mixed them up, or a file was edited. Sent under the
 * record's name they would use up another account's quota, and a refresh would end a login that nobody knows of.
 */

/** Whether a token of the record says that it belongs to another account. An opaque one says nothing. */
export function holdsForeignTokens(account: Account): boolean {
  return isForeign(account, 'accessToken') || isForeign(account, 'idToken');
}

/**
 * The same for a long list: a token in which both ids of the record stand is not read any further. Code that sends or
 * hands out a token must ask {@link holdsForeignTokens}.
 */
export function seemsToHoldForeignTokens(account: Account): boolean {
  const { userId, accountId, tokens } = account;
  const ids = [userId, accountId];
  return !(names(tokens.accessToken, ids) && names(tokens.idToken, ids)) && holdsForeignTokens(account);
}

/** Whether every id stands, in quotes, in the payload of the token; true also without a token. */
function names(token: Secret | undefined, ids: readonly (string | undefined)[]): boolean {
  if (token === undefined) return true;
  const text = token.reveal();
  const start = text.indexOf('.') + 1;
  // Searched as bytes: making a text of them takes longer than looking for the ids.
  const said = Buffer.from(text.slice(start, text.indexOf('.', start)), 'base64url');
  return ids.every((id) => id !== undefined && said.includes(`"${id}"`));
}

/** Whether this token is of another account. An email can change, so that it counts only where no user id is known. */
export function isForeign(account: Account, name: 'accessToken' | 'idToken'): boolean {
  const token = account.tokens[name];
  if (token === undefined) return false;
  if (!areTokensOf(account, { [name]: token })) return true;
  return account.userId === undefined && haveOtherEmails(account.email, readClaims(token.reveal())?.email);
}

/** Whether the received tokens are of another person, and not only of another workspace of this one. */
export function areOfAnotherPerson(account: Account, received: Partial<TokenSet>): boolean {
  if (areTokensOf(account, received)) return false;
  const { userId, email } = account;
  const told = identityOfTokens(received);
  if (userId !== undefined && told.userId !== undefined) return userId !== told.userId;
  return haveOtherEmails(email, told.email);
}

/**
 * Whether the refresh token is the record's own all the same: one login can cover several workspaces of a person, and
 * then the record of the workspace that the access token names has the same refresh token.
 */
export function sharesItsLogin(account: Account, records: readonly Account[]): boolean {
  const { userId, tokens } = account;
  return records.some(
    (each) =>
      each.id !== account.id &&
      each.userId !== undefined &&
      each.userId === userId &&
      tokens.refreshToken?.equals(each.tokens.refreshToken) === true &&
      areTokensOf(each, tokens),
  );
}
