import type { Account } from '../accounts/account.js';
import { haveOtherEmails } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import type { Secret } from '../secret.js';
import { areTokensOf } from './rotation.js';

/*
 * A record can hold the tokens of somebody else: another tool has mixed them up, or a file was edited. Sent under the
 * record's name they would use up another one's quota, and a refresh would end a login that nobody knows of.
 */

/** Whether a token of the record says that it belongs to another account. An opaque one says nothing. */
export function holdsForeignTokens(account: Account): boolean {
  return isForeign(account, 'accessToken') || isForeign(account, 'idToken');
}

/**
 * The same for a long list: a token in which both ids of the record stand is not read any further. Whoever sends or hands
 * out a token asks {@link holdsForeignTokens}.
 */
export function seemsToHoldForeignTokens(account: Account): boolean {
  const { userId, accountId, tokens } = account;
  const isNamed = (token: Secret | undefined) =>
    token === undefined || (names(token, userId) && names(token, accountId));
  return !(isNamed(tokens.accessToken) && isNamed(tokens.idToken)) && holdsForeignTokens(account);
}

/** Whether an id stands in what a token says, quotes included. */
function names(token: Secret, id: string | undefined): boolean {
  const [, payload = ''] = token.reveal().split('.', 2);
  return id !== undefined && Buffer.from(payload, 'base64url').toString('latin1').includes(`"${id}"`);
}

/** Whether this one says so. An email changes in the course of time, so that it counts only where no user id is known. */
export function isForeign(account: Account, name: 'accessToken' | 'idToken'): boolean {
  const token = account.tokens[name];
  if (token === undefined) return false;
  if (!areTokensOf(account, { [name]: token })) return true;
  return account.userId === undefined && haveOtherEmails(account.email, readClaims(token.reveal())?.email);
}

/**
 * Whether the refresh token is the record's own all the same: one login can cover several workspaces of a person, and
 * then a record of ours has it under the name that the access token tells.
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
