import { isDeepStrictEqual } from 'node:util';
import type { Account, AuthFileExtras, TokenSet } from '../accounts/account.js';
import { enrol, findAnywhere } from '../accounts/enrolment.js';
import { wasRemoved, withAccount } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import type { Secret } from '../secret.js';
import { isNewer } from '../storage/lineage.js';
import { isKnownSpent, logLineage } from '../storage/lineage-log.js';
import { storeRotation } from '../storage/rotation.js';
import type { Store } from '../storage/store.js';
import type { AuthFileContent, AuthFileLogin, Unadoptable } from './auth-file.js';

/** What became of the login found in `auth.json` before something else replaces it (P6). */
export type SyncBack =
  | { readonly kind: 'nothing-there' }
  | { readonly kind: 'known'; readonly account: Account; readonly wasNewer: boolean }
  | { readonly kind: 'adopted'; readonly account: Account }
  /** The person removed this account: its login is kept aside, never brought back (DESIGN §6). */
  | { readonly kind: 'removed-earlier' }
  | { readonly kind: 'unadoptable'; readonly reason: Unadoptable };

/**
 * Copies the login back to the account it belongs to, found by identity in every pool and flagged file of the root,
 * unless our copy is newer. An unknown login becomes a new account of the given scope.
 */
export function syncBack(store: Store, content: AuthFileContent | undefined, scopeKey: string | undefined): SyncBack {
  if (content === undefined) return { kind: 'nothing-there' };
  if (content.kind === 'unadoptable') return content;
  const { login } = content;
  const known = findAnywhere(store, login.identity);
  if (known !== undefined) return update(store, known.account, login);
  const isRemoved = store.scopes().some(({ pool }) => wasRemoved(pool, login.identity));
  if (isRemoved) return { kind: 'removed-earlier' };
  const { account } = enrol(store, login, scopeKey);
  logAdoption(store, account.id, undefined, login.tokens.refreshToken);
  return { kind: 'adopted', account };
}

function update(store: Store, account: Account, login: AuthFileLogin): SyncBack {
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const ours = { source: 'pool', tokens: account.tokens } as const;
  const isSameLogin = account.tokens.refreshToken?.equals(login.tokens.refreshToken) === true;
  const isSameCopy = isSameLogin && account.tokens.accessToken?.equals(login.tokens.accessToken) === true;
  const wasNewer = isNewer(theirs, ours) && !isSameCopy;
  if (wasNewer) {
    const news = newsOf(store, login);
    const before = account.tokens.refreshToken;
    storeRotation(store, account.id, news, sharedToken(account, login));
    logAdoption(store, account.id, before, news.refreshToken ?? before);
  } else if (isSameLogin) completeTokens(store, account, login);
  if (wasNewer || isSameLogin) storeExtras(store, account.id, login);
  return { kind: 'known', account, wasNewer };
}

function logAdoption(store: Store, accountId: string, before: Secret | undefined, after: Secret | undefined): void {
  logLineage(store.root, { event: 'adopted', accountId, before, after, detail: 'auth.json' });
}

/** A refresh token that we have spent is no news, however new the access token is that the client got beside it. */
function newsOf(store: Store, { tokens }: AuthFileLogin): Partial<TokenSet> {
  const { refreshToken, ...others } = tokens;
  return refreshToken !== undefined && isKnownSpent(store.root, refreshToken) ? others : tokens;
}

/**
 * The token that other workspaces of this login hold as well. A new login gets a new owner id (CODEX.md §2) and replaces
 * nobody else's token.
 */
function sharedToken(account: Account, login: AuthFileLogin): Account['tokens']['refreshToken'] {
  const before = account.authFile?.tokens['login_owner_id'];
  const now = login.extras.tokens['login_owner_id'];
  const isNewLogin = typeof before === 'string' && typeof now === 'string' && before !== now;
  return isNewLogin ? undefined : account.tokens.refreshToken;
}

/** Of the same login we may lack a part: pools of other tools keep no id token. What we have may be newer, and stays. */
function completeTokens(store: Store, account: Account, { tokens }: AuthFileLogin): void {
  const { idToken, accessToken, expiresAt, lastRefresh } = tokens;
  const ours = account.tokens;
  const missing = definedOnly({
    idToken: ours.idToken === undefined ? idToken : undefined,
    lastRefresh: ours.lastRefresh === undefined ? lastRefresh : undefined,
    ...(ours.accessToken === undefined ? { accessToken, expiresAt } : {}),
  });
  if (Object.keys(missing).length > 0) storeRotation(store, account.id, missing, undefined);
}

/** What we write for an account of which nothing else is known; it tells nothing. */
const plainExtras: AuthFileExtras = { top: { OPENAI_API_KEY: null }, tokens: {} };

/** Everything besides the tokens belongs to the account it was seen with (P7). */
function storeExtras(store: Store, id: string, login: AuthFileLogin): void {
  const provenance = login.provenance === undefined ? {} : { provenance: login.provenance };
  const withExtras = <A extends Account>(account: A): A => ({ ...account, ...provenance, authFile: login.extras });
  const isOther = (account: Account) =>
    account.id === id && !isDeepStrictEqual(account.authFile ?? plainExtras, login.extras);
  for (const { key, pool, flagged } of store.scopes()) {
    const usable = pool.accounts.find(isOther);
    if (usable !== undefined) store.savePool(key, withAccount(pool, withExtras(usable)));
    const setAside = flagged.accounts.find(isOther);
    if (setAside !== undefined) store.saveFlagged(key, withAccount(flagged, withExtras(setAside)));
  }
}
