import type { Account } from '../accounts/account.js';
import { findSame, isSameAccount } from '../accounts/identity.js';
import type { AuthFileContent, MixedLogin } from '../codex/auth-file.js';
import { type AuthFileState, readAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';
import { isKnownToken } from './lineage-log.js';

/*
 * Two providers can know a person and a workspace under the same ids. The login of one is no copy of the other's, and
 * cannot be an account of its own beside it (P13); whatever makes way for the other is kept whole (P6).
 */

/** Whether that is a login of this very account. */
export function isLoginOf(content: AuthFileContent | undefined, account: Account): boolean {
  if (content?.kind !== 'login' || !isSameAccount(content.login.identity, account)) return false;
  return !areOfDifferentIssuers(content.login, account);
}

/** The content of `auth.json` as it looks beside all accounts of the root. */
export function judgeBeside<C extends AuthFileContent | undefined>(
  found: C,
  accounts: readonly Account[],
): C | AuthFileContent {
  const content = ofOneLogin(found, () => accounts);
  if (content?.kind !== 'login') return content;
  const account = findSame(accounts, content.login.identity);
  const isForeign = account !== undefined && areOfDifferentIssuers(content.login, account);
  return isForeign ? { kind: 'unadoptable', reason: 'other-issuer' } : content;
}

/** The records of a root, asked where only they tell whose a login is. */
export type Records = Pick<Store, 'scopes'> & { readonly root: Pick<Root, 'paths'> };

export function recordsIn(root: Pick<Root, 'paths'>): Records {
  return { root, scopes: () => readAllScopes(root.paths) };
}

/** What the official client has stored in a home, as it looks beside them. */
export function readBeside(home: CodexHome, records: Records): AuthFileState {
  return besideRecords(readAuthFile(home), records);
}

export function besideRecords(state: AuthFileState, { root, scopes }: Records): AuthFileState {
  const { content } = state;
  if (content === undefined) return state;
  const wasOurs = (token: Secret) => isKnownToken(root, token);
  return { ...state, content: ofOneLogin(content, () => recordsOf(scopes()), wasOurs) };
}

/**
 * A refresh token that covers several workspaces answers for one of them, and the client keeps the account id of its file
 * (official-client.md#workspaces): what looks like tokens of one account under the id of another is then the login of both.
 */
function ofOneLogin<C extends AuthFileContent | undefined>(
  content: C,
  accounts: () => readonly Account[],
  wasOurs: (token: Secret) => boolean = () => false,
): C | AuthFileContent {
  if (content?.kind !== 'unadoptable' || content.mixed === undefined) return content;
  const { login } = content.mixed;
  return shareLogin(content.mixed, accounts(), wasOurs) ? { kind: 'login', login } : content;
}

/**
 * We have had the refresh token, whoever has a record of it now; or both accounts are ours and have one token; or we have only
 * the named one, and the client did not sign in to another login.
 */
function shareLogin(
  { login, tokensOf }: MixedLogin,
  accounts: readonly Account[],
  wasOurs: (token: Secret) => boolean,
): boolean {
  const { refreshToken } = login.tokens;
  if (refreshToken !== undefined && wasOurs(refreshToken)) return true;
  const named = findSame(accounts, login.identity);
  if (named === undefined) return false;
  const other = findSame(accounts, tokensOf);
  if (other !== undefined) return other.tokens.refreshToken?.equals(named.tokens.refreshToken) === true;
  const owner = named.authFile?.tokens['login_owner_id'];
  return typeof owner !== 'string' || owner === login.extras.tokens['login_owner_id'];
}
