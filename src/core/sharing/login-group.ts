import type { Account } from '../accounts/account.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import { readShare, type ShareRow } from './share-file.js';
import type { ShareDeps } from './share-session.js';

// Workspaces of one login share its refresh token. They are shared together, go together and are withdrawn together: whoever
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
