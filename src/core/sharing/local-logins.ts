import { createHash } from 'node:crypto';
import type { Account } from '../accounts/account.js';
import { IdentityIndex } from '../accounts/account-groups.js';
import type { Identity } from '../accounts/identity.js';
import { wasRemoved } from '../accounts/pool.js';
import { readAccountState } from '../health/account-state.js';
import { isKnownSpent } from '../lineage/lineage-log.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf, type ScopeRecords } from '../pools/scope-records.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';
import { readShare, type ShareRow } from './share-file.js';
import type { ShareDeps } from './share-session.js';

/** The records of this root, as an exchange looks at them. */
export interface LocalLogins {
  readonly scopes: readonly ScopeRecords[];
  /** The record that the row was known to belong to, else the one with the same identity. */
  find(known: ShareRow | undefined, identity: Identity | undefined): Account | undefined;
  /** Whether the person has removed this account here, and it has not come back. */
  wasRemoved(identity: Identity): boolean;
  quotaOf(id: string): QuotaSnapshot | undefined;
  /** Whether a refresh token has been exchanged here, or given away. */
  isSpent(token: Secret): boolean;
}

/** Read without a lock: before anything is written it is judged again under the lock. */
export function localLogins(root: Root): LocalLogins {
  const scopes = readAllScopes(root.paths);
  const records = recordsOf(scopes);
  const byId = new Map(records.map((account) => [account.id, account]));
  const byIdentity = new IdentityIndex<Account>();
  for (const account of records) byIdentity.add(account);
  const { state } = readAccountState(root.paths.accountState);
  return {
    scopes,
    find(known, identity) {
      const named = known?.accountId === undefined ? undefined : byId.get(known.accountId);
      return named ?? (identity && byIdentity.find(identity));
    },
    wasRemoved: (identity) => scopes.some(({ pool }) => wasRemoved(pool, identity)),
    quotaOf: (id) => state.accounts[id]?.quota,
    isSpent: (token) => isKnownSpent(root, token),
  };
}

/** A hash that tells whether the tokens of a record are those that were pushed last. Salted with the id of the row. */
export function printOf(rowId: string, { tokens: { refreshToken, accessToken } }: Pick<Account, 'tokens'>): string {
  const hash = createHash('sha256').update(rowId);
  for (const token of [refreshToken, accessToken]) hash.update('\n').update(token?.reveal() ?? '');
  return hash.digest('hex').slice(0, 24);
}

// Workspaces of one login share its refresh token. They are shared, handed over and withdrawn together: a machine that
// had one of them alone would spend the token of the others.

/** These accounts, and the others among the records that hold one of their refresh tokens. */
export function withSharers(accounts: readonly Account[], records: readonly Account[]): Account[] {
  const ids = new Set(accounts.map(({ id }) => id));
  const tokens = new Set(accounts.flatMap(({ tokens: { refreshToken } }) => refreshToken?.reveal() ?? []));
  const isSharer = ({ id, tokens: { refreshToken } }: Account) =>
    !ids.has(id) && refreshToken !== undefined && tokens.has(refreshToken.reveal());
  return [...accounts, ...records.filter(isSharer)];
}

/** The rows of an account and of all records that hold this refresh token. */
export function rowsOfLogin(
  { root }: Pick<ShareDeps, 'root'>,
  accountId: string,
  token: Secret | undefined,
): readonly ShareRow[] {
  const state = readShare(root);
  if (state === undefined) return [];
  const sharers = recordsOf(readAllScopes(root.paths)).filter(
    ({ tokens }) => token?.equals(tokens.refreshToken) === true,
  );
  const ids = new Set([accountId, ...sharers.map(({ id }) => id)]);
  return state.rows.filter((row) => row.state === 'live' && row.accountId !== undefined && ids.has(row.accountId));
}
