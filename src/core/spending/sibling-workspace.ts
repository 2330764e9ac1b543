import type { Account, TokenSet } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { endByOurClock } from '../lineage/journal-answer.js';
import { logLineage } from '../lineage/lineage-log.js';
import { spread } from '../lineage/rotation.js';
import { findStored } from '../logins/gather-newest.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { withStore } from '../logins/with-store.js';
import { writeBack } from '../logins/write-back.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { BackendCredentials } from '../provider/backend-call.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import { type NoWorkspaceToken, requestWorkspaceToken } from '../provider/workspace-switch.js';
import type { Secret } from '../secret.js';

/**
 * A refresh token that covers several workspaces answers for one of them only (official-client.md#workspaces). The
 * others get their access token through that one, without a refresh. Undefined when no other workspace of this login
 * has a good access token, or when the provider gives none for this one.
 */
export async function enterFromSibling(
  deps: RefreshDeps,
  account: Account,
  isGood: (tokens: TokenSet) => boolean,
): Promise<Account | undefined> {
  const { accountId, tokens } = account;
  const { refreshToken } = tokens;
  if (accountId === undefined || refreshToken === undefined) return undefined;
  const isSibling = (each: Account) =>
    each.accountId !== undefined &&
    each.accountId !== accountId &&
    refreshToken.equals(each.tokens.refreshToken) &&
    foreignIssuer(each, deps.provider) === undefined &&
    isGood(each.tokens);
  const sibling = recordsOf(readAllScopes(deps.root.paths, deps.files.read)).find(isSibling);
  if (sibling?.tokens.accessToken === undefined) return undefined;
  const { accessToken } = sibling.tokens;
  const entry = await enterWorkspace(
    deps,
    account,
    refreshToken,
    definedOnly({ accessToken, accountId: sibling.accountId }),
  );
  return entry.kind === 'entered' ? entry.account : undefined;
}

export type WorkspaceEntry =
  | { readonly kind: 'entered'; readonly account: Account }
  | { readonly kind: 'closed'; readonly because?: NoWorkspaceToken };

/** The same with the credentials of a workspace that need not be an account of ours. */
export async function enterWorkspace(
  deps: RefreshDeps,
  account: Account,
  refreshToken: Secret,
  credentials: BackendCredentials,
): Promise<WorkspaceEntry> {
  const { root, http, provider, callOptions, signal } = deps;
  if (account.accountId === undefined) return { kind: 'closed' };
  const switched = await requestWorkspaceToken(http, provider, credentials, account.accountId, callOptions);
  if (switched.kind !== 'switched') return { kind: 'closed', because: switched };
  const { accessToken, serverDate } = switched;
  const now = root.clock.now();
  const expiresAt = endByOurClock(accessToken.reveal(), now, serverDate);
  const entered = await withStore(root, { signal }, async (store) => {
    const current = findStored(store.scopes(), account.id);
    // The account has been signed in again meanwhile: that login has its own access token.
    if (!refreshToken.equals(current.tokens.refreshToken)) return current;
    const lastRefresh = current.tokens.lastRefresh ?? now;
    spread(store, account.id, definedOnly({ accessToken, expiresAt, lastRefresh }), undefined);
    logLineage(root, { event: 'entered-workspace', accountId: account.id, before: refreshToken, after: refreshToken });
    await writeBack(store, deps);
    return findStored(store.scopes(), account.id);
  });
  return { kind: 'entered', account: entered };
}
