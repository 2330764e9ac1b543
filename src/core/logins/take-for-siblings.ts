import type { Account } from '../accounts/account.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import type { CodexHome } from '../codex/home.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { takeFromHomes } from './place-login.js';

/**
 * Before an account is removed or gets another login: the newer tokens that clients have got for the login that it
 * shares with other workspaces go to those. Later nobody could tell for which account a client has renewed the login.
 * What a client has got for the account itself may be a login of its own, which no other workspace shares.
 */
export function takeForSiblings(store: Store, current: CodexHome, id: string): void {
  const records = recordsOf(store.scopes());
  const token = records.find((each) => each.id === id)?.tokens.refreshToken;
  const siblings = records.filter((each) => each.id !== id && token?.equals(each.tokens.refreshToken) === true);
  if (siblings.length === 0) return;
  const homes = reachableHomes(findHomes(store.root, current));
  takeFromHomes(store, homes, (holder, login) => {
    return siblings.some((each) => each.id === holder.id) || (holder.id === id && hasSameOwner(holder, login));
  });
}

/** A new login gets a new owner id (official-client.md#login-file); one that we have written may have none. */
function hasSameOwner({ authFile }: Account, { extras }: AuthFileLogin): boolean {
  return authFile?.tokens['login_owner_id'] === extras.tokens['login_owner_id'];
}
