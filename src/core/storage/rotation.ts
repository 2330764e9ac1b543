import type { Account, TokenSet } from '../accounts/account.js';
import type { Secret } from '../secret.js';
import type { Store } from './store.js';

/**
 * Stores newly received tokens (P3). The account itself takes all of them; every other record that held the spent
 * refresh token, in any pool or flagged file of the root, takes the new refresh token only: the access and id tokens
 * belong to one account, the refresh token to the whole login.
 */
export function storeRotation(
  store: Store,
  accountId: string,
  received: Partial<TokenSet>,
  spent: Secret | undefined,
): void {
  const rotate = <A extends Account>(account: A): A => rotated(account, accountId, received, spent);
  for (const { key, pool, flagged } of store.scopes()) {
    const accounts = pool.accounts.map(rotate);
    if (isChanged(accounts, pool.accounts)) store.savePool(key, { ...pool, accounts });
    const flaggedAccounts = flagged.accounts.map(rotate);
    if (isChanged(flaggedAccounts, flagged.accounts)) store.saveFlagged(key, { ...flagged, accounts: flaggedAccounts });
  }
}

function rotated<A extends Account>(account: A, id: string, received: Partial<TokenSet>, spent: Secret | undefined): A {
  if (account.id === id) return { ...account, tokens: nextTokens(account.tokens, received) };
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined || !refreshToken.equals(spent) || received.refreshToken === undefined) return account;
  const tokens = { ...account.tokens, refreshToken: received.refreshToken, generation: account.tokens.generation + 1 };
  return { ...account, tokens };
}

/** What an answer leaves out keeps its old value (CODEX.md §3: every field of a refresh answer is optional). */
export function nextTokens(before: TokenSet, received: Partial<TokenSet>): TokenSet {
  return { ...before, ...received, generation: before.generation + 1 };
}

function isChanged(after: readonly Account[], before: readonly Account[]): boolean {
  return after.some((account, index) => account !== before[index]);
}
