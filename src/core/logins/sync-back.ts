import type { Account, TokenSet } from '../accounts/account.js';
import type { AuthFileContent, AuthFileLogin, Unadoptable } from '../codex/auth-file.js';
import { type AuthFileState, looseLoginIn } from '../codex/auth-file-state.js';
import { definedOnly } from '../defined-only.js';
import { judgeBeside } from '../lineage/foreign-login.js';
import { isKnownToken, logLineage } from '../lineage/lineage-log.js';
import { otherWorkspacesOf } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import { unstoredAccount } from '../roster/unstored-login.js';
import type { Secret } from '../secret.js';
import { enrol, findAnywhere } from './enrolment.js';
import { takeLogin } from './give-back-tokens.js';
import type { OutsideCopy } from './take-copy.js';

/** What became of the login found in `auth.json` before something else replaces it (P6). */
export type SyncBack =
  | { readonly kind: 'nothing-there' }
  | {
      readonly kind: 'known';
      readonly account: Account;
      readonly wasNewer: boolean;
      /**
       * Ours is newer, and the login in the file is one that was never ours: nobody else has it, so it is kept whole.
       */
      readonly isUnseen: boolean;
    }
  | { readonly kind: 'adopted'; readonly account: Account }
  /** The person removed this account: its login is kept aside, never brought back. */
  | { readonly kind: 'removed-earlier' }
  | { readonly kind: 'unadoptable'; readonly reason: Unadoptable };

/**
 * Copies the login back to the account it belongs to, found by identity in every pool and flagged file of the root,
 * unless our copy is newer. An unknown login becomes a new account of the given scope.
 */
export function syncBack(store: Store, found: AuthFileContent | undefined, scopeKey: string | undefined): SyncBack {
  const content = judgeBeside(found, recordsOf(store.scopes()));
  if (content === undefined) return { kind: 'nothing-there' };
  if (content.kind === 'unadoptable') return content;
  const { login } = content;
  tellOtherWorkspaces(store, login);
  const known = findAnywhere(store, login.identity);
  if (known !== undefined) return update(store, known.account, login);
  const unstored = unstoredAccount(store.scopes(), content);
  if (unstored === undefined) return { kind: 'removed-earlier' };
  const { account } = enrol(store, login, scopeKey, unstored.id);
  logAdoption(store, account.id, undefined, login.tokens.refreshToken);
  return { kind: 'adopted', account };
}

function update(store: Store, account: Account, { tokens, extras, provenance }: AuthFileLogin): SyncBack {
  const wasNewer = takeNoted(store, account, { tokens, extras, ...definedOnly({ provenance }) });
  return { kind: 'known', account, wasNewer, isUnseen: !wasNewer && !wasEverOurs(store, account, tokens) };
}

/**
 * The refresh token of a login is that of all its workspaces, also where the one in the file has another login here, or
 * none.
 */
export function tellOtherWorkspaces(store: Store, login: AuthFileLogin): void {
  for (const account of otherWorkspacesOf(login, recordsOf(store.scopes()))) {
    takeNoted(store, account, { tokens: login.tokens });
  }
}

/**
 * Takes newer tokens out of a file that cannot become an account, under the id of another one for instance, as clients up
 * to 0.160 left them behind (official-client.md#changed-meanwhile): to the account that they name. The file stays what it is.
 */
export function takeLoose(store: Store, state: AuthFileState): void {
  const login = looseLoginIn(state);
  const account = login && findAnywhere(store, login.identity)?.account;
  if (login === undefined || account === undefined || areOfDifferentIssuers(login, account)) return;
  takeNoted(store, account, { tokens: login.tokens });
}

/** Takes a copy into the account where it is newer, notes that in the log, and says so. */
function takeNoted(store: Store, account: Account, copy: Omit<OutsideCopy, 'source'>): boolean {
  const { wasNewer, before, after } = takeLogin(store, account, { source: 'auth-file', ...copy });
  if (wasNewer) logAdoption(store, account.id, before, after);
  return wasNewer;
}

/** A client can sign in without us, and its login can be older than one that we got meanwhile. */
function wasEverOurs({ root }: Store, account: Account, { refreshToken }: TokenSet): boolean {
  if (refreshToken === undefined || refreshToken.equals(account.tokens.refreshToken)) return true;
  return isKnownToken(root, refreshToken);
}

function logAdoption(store: Store, accountId: string, before: Secret | undefined, after: Secret | undefined): void {
  logLineage(store.root, { event: 'adopted', accountId, before, after, detail: 'auth.json' });
}
