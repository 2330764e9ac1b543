import { createHash } from 'node:crypto';
import type { Account } from '../accounts/account.js';
import { withLock } from './file-lock.js';
import { fingerprint } from './journal.js';
import { assertOwner, type Root } from './root.js';

/** Longer than the 15 s deadline of the request that is made inside (DESIGN §4). */
const personWaitMs = 25_000;

/**
 * The critical section in which the tokens of one person are spent or handed out (P1). Keyed by the user id, because two
 * workspaces of one person can share a refresh token; where it is unknown, by that token. Always taken before the
 * store, never after.
 */
export function withPersonLock<T>(
  root: Root,
  account: Pick<Account, 'userId' | 'tokens' | 'id'>,
  options: { readonly signal?: AbortSignal },
  task: () => Promise<T>,
): Promise<T> {
  assertOwner(root);
  const { clock, processes, paths } = root;
  const lockOptions = { directory: paths.locks, clock, processes, waitMs: personWaitMs, ...options };
  return withLock(personLockName(account), lockOptions, task);
}

function personLockName({ userId, tokens, id }: Pick<Account, 'userId' | 'tokens' | 'id'>): string {
  if (userId !== undefined) return `person-${createHash('sha256').update(userId).digest('hex').slice(0, 16)}`;
  const token = tokens.refreshToken?.reveal();
  return `login-${(token === undefined ? fingerprint(id) : fingerprint(token)).slice(0, 16)}`;
}
