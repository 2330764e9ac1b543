import type { Account } from '../accounts/account.js';
import type { CodexHome } from '../codex/home.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { takeFromHomes } from './place-login.js';

/**
 * Before an account goes its own way, removed or with another login: what clients have got for the login that it shares with
 * other workspaces goes to those. Later nobody could tell any more for whom they have renewed it. With `isGoing` also what
 * the account itself has in a home, which otherwise is about to be replaced.
 */
export function takeForSiblings(
  store: Store,
  current: CodexHome,
  id: string,
  { isGoing = false }: { readonly isGoing?: boolean } = {},
): void {
  const records = recordsOf(store.scopes());
  const token = records.find((each) => each.id === id)?.tokens.refreshToken;
  const siblings = records.filter((each) => each.id !== id && token?.equals(each.tokens.refreshToken) === true);
  if (siblings.length === 0) return;
  const homes = reachableHomes(findHomes(store.root, current));
  const isWanted = (holder: Account) => siblings.some((each) => each.id === holder.id) || (isGoing && holder.id === id);
  takeFromHomes(store, homes, isWanted);
}
