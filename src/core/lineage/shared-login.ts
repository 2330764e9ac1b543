import type { Account } from '../accounts/account.js';
import { findSame, isSameAccount } from '../accounts/identity.js';
import { wasRemoved } from '../accounts/pool.js';
import type { AuthFileLogin, MixedLogin } from '../codex/auth-file.js';
import { type AuthFileState, readAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import type { Root } from '../storage/root.js';
import { haveHadOneToken, isKnownToken } from './lineage-log.js';

/*
 * A refresh token that covers several workspaces answers for one of them, and the client keeps the account id of its file
 * (official-client.md#workspaces): what looks like tokens of one account under the id of another is then the login of both.
 */

/** The records of a root, asked where only they tell whose a login is. */
export type Records = Pick<Store, 'scopes'> & { readonly root: Pick<Root, 'paths'> };

export function recordsIn(root: Pick<Root, 'paths'>): Records {
  return { root, scopes: () => readAllScopes(root.paths) };
}

/** What the official client has stored in a home, as it looks beside the records. */
export function readBeside(home: CodexHome, records: Records): AuthFileState {
  return besideRecords(readAuthFile(home), records);
}

export function besideRecords(state: AuthFileState, records: Records): AuthFileState {
  const { content } = state;
  if (content?.kind !== 'unadoptable' || content.mixed === undefined) return state;
  const { mixed } = content;
  const isOurs =
    shareLogin(mixed, recordsOf(records.scopes())) || wasOurs(mixed.login, records) || haveShared(mixed, records);
  return isOurs ? { ...state, content: { kind: 'login', login: mixed.login } } : state;
}

/**
 * Whether it has the owner id of the named account; or both are ours with one token; or only the named one is, without
 * an owner id.
 */
export function shareLogin({ login, tokensOf }: MixedLogin, accounts: readonly Account[]): boolean {
  const named = findSame(accounts, login.identity);
  if (named === undefined) return false;
  if (isOfOneSignIn(named, login)) return true;
  const other = findSame(accounts, tokensOf);
  if (other !== undefined) return other.tokens.refreshToken?.equals(named.tokens.refreshToken) === true;
  return typeof named.authFile?.tokens['login_owner_id'] !== 'string';
}

/** A new login has a new owner id (official-client.md#login-file), which all that comes of it keeps. */
export function isOfOneSignIn({ authFile }: Account, { extras }: AuthFileLogin): boolean {
  const owner = extras.tokens['login_owner_id'];
  return typeof owner === 'string' && owner === authFile?.tokens['login_owner_id'];
}

/** The records of other workspaces of this login. */
export function otherWorkspacesOf(login: AuthFileLogin, accounts: readonly Account[]): Account[] {
  const { identity } = login;
  if (identity.userId === undefined) return [];
  return accounts.filter(
    (each) => each.userId === identity.userId && isOfOneSignIn(each, login) && !isSameAccount(each, identity),
  );
}

/** Whether both once had one login: the provider may still answer for the other account, which has its own by now. */
function haveShared({ login, tokensOf }: MixedLogin, { root, scopes }: Records): boolean {
  const accounts = recordsOf(scopes());
  const [named, other] = [findSame(accounts, login.identity), findSame(accounts, tokensOf)];
  return named !== undefined && other !== undefined && haveHadOneToken(root, named.id, other.id);
}

/** Whether its refresh token has been that of the named account, or comes of the login of one that was removed. */
function wasOurs(login: AuthFileLogin, { root, scopes }: Records): boolean {
  const { identity, tokens } = login;
  const { refreshToken } = tokens;
  if (refreshToken === undefined) return false;
  const accounts = recordsOf(scopes());
  const named = findSame(accounts, identity);
  if (named !== undefined) return isKnownToken(root, refreshToken, named.id);
  const isKnown = otherWorkspacesOf(login, accounts).length > 0 || isKnownToken(root, refreshToken);
  return isKnown && scopes().some(({ pool }) => wasRemoved(pool, identity));
}
