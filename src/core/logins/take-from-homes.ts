import type { Account } from '../accounts/account.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import type { CodexHome } from '../codex/home.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { readBeside } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { findAnywhere } from './enrolment.js';
import { rememberResidence } from './residence.js';
import { syncBack, tellOtherWorkspaces } from './sync-back.js';

/** Takes newer tokens that a client in one of these homes may have got, for the accounts that `isWanted` names. */
export function takeFromHomes(
  store: Store,
  homes: readonly CodexHome[],
  isWanted: (holder: Account, login: AuthFileLogin) => boolean,
): void {
  for (const home of homes) {
    const { content } = readBeside(home, store);
    if (content?.kind !== 'login') continue;
    tellOtherWorkspaces(store, content.login);
    // Found among all records: a login that named no account may name one by now.
    const holder = findAnywhere(store, content.login.identity)?.account;
    if (holder === undefined || !isWanted(holder, content.login)) continue;
    const found = syncBack(store, content, undefined);
    if (found.kind === 'known' && found.wasNewer) rememberResidence(store, home, holder);
  }
}

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
