import type { Account } from '../accounts/account.js';
import { enrol, findFlagged, findInPools } from '../accounts/enrolment.js';
import { wasRemoved, withAccount } from '../accounts/pool.js';
import { isNewer } from '../storage/lineage.js';
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
  const known = findInPools(store, login.identity) ?? findFlagged(store, login.identity);
  if (known !== undefined) return update(store, known.account, login);
  const isRemoved = store.scopes().some(({ pool }) => wasRemoved(pool, login.identity));
  if (isRemoved) return { kind: 'removed-earlier' };
  return { kind: 'adopted', account: enrol(store, login, scopeKey).account };
}

function update(store: Store, account: Account, login: AuthFileLogin): SyncBack {
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const ours = { source: 'pool', tokens: account.tokens } as const;
  const wasNewer = isNewer(theirs, ours) || completes(theirs.tokens, account);
  if (wasNewer) storeRotation(store, account.id, login.tokens, account.tokens.refreshToken);
  const isSameLogin = account.tokens.refreshToken?.equals(login.tokens.refreshToken) === true;
  if (wasNewer || isSameLogin) storeExtras(store, account.id, login);
  return { kind: 'known', account, wasNewer };
}

/** The same login, but we lack a part of it: pools of other tools keep no id token. */
function completes(tokens: AuthFileLogin['tokens'], account: Account): boolean {
  return account.tokens.idToken === undefined && account.tokens.refreshToken?.equals(tokens.refreshToken) === true;
}

/** Everything besides the tokens belongs to the account it was seen with (P7). */
function storeExtras(store: Store, id: string, login: AuthFileLogin): void {
  for (const { key, pool } of store.scopes()) {
    const account = pool.accounts.find((each) => each.id === id);
    if (account === undefined || JSON.stringify(account.authFile) === JSON.stringify(login.extras)) continue;
    const provenance = login.provenance === undefined ? {} : { provenance: login.provenance };
    store.savePool(key, withAccount(pool, { ...account, ...provenance, authFile: login.extras }));
  }
}

/** The reason as the end of a sentence about the file. */
export const unadoptableReasons: Record<Unadoptable, string> = {
  'api-key': 'an API key',
  'personal-access-token': 'a personal access token',
  'agent-identity': 'an agent identity',
  'other-mode': 'a login of a kind this program does not manage',
  'account-mismatch': 'tokens of one account under the id of another (a defect of old Codex clients)',
  'no-identity': 'tokens that do not say whose they are',
  damaged: 'content that is not a complete login',
};
