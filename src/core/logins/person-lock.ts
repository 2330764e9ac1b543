import { createHash } from 'node:crypto';
import type { Account } from '../accounts/account.js';
import { fingerprint } from '../lineage/journal.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import { assertOurs } from '../storage/adoption.js';
import { withLock } from '../storage/file-lock.js';
import type { Root } from '../storage/root.js';

/** Longer than the 15 s deadline of the request that is made inside. */
const personWaitMs = 25_000;

/**
 * The critical section in which the tokens of one person are spent or handed out (P1). Keyed by the user id, because
 * two workspaces of one person can share a refresh token; where it is unknown, by that token. Always taken before the
 * store, never after.
 */
export async function withPersonLock<T>(
  root: Root,
  account: Pick<Account, 'userId' | 'tokens' | 'id'>,
  options: { readonly signal?: AbortSignal },
  task: () => Promise<T>,
): Promise<T> {
  assertOurs(root);
  const { clock, processes, paths, onWaiting } = root;
  const lockOptions = { directory: paths.locks, clock, processes, onWaiting, waitMs: personWaitMs, ...options };
  return withLock(personLockName(account, root), lockOptions, task);
}

/**
 * Held inside the person's lock while a token is spent that is in no pool. Two processes with one token can hold
 * different locks of a person: of two files only one may say whose the token is, and a file may get another token while
 * a process waits for the lock that its old one named. This lock is the same for both.
 */
export async function withTokenLock<T>(
  root: Root,
  refreshToken: Secret,
  options: { readonly signal?: AbortSignal },
  task: () => Promise<T>,
): Promise<T> {
  const { clock, processes, paths, onWaiting } = root;
  const lockOptions = { directory: paths.locks, clock, processes, onWaiting, waitMs: personWaitMs, ...options };
  return withLock(`token-${fingerprint(refreshToken.reveal()).slice(0, 16)}`, lockOptions, task);
}

/** The name of the person's lock; it can become another one when a refresh reveals whose login it is. */
export function personLockName(
  { userId: known, tokens, id }: Pick<Account, 'userId' | 'tokens' | 'id'>,
  root: Root,
): string {
  const userId = known ?? userIdOfSharer(tokens.refreshToken, root);
  if (userId !== undefined) return `person-${createHash('sha256').update(userId).digest('hex').slice(0, 16)}`;
  const token = tokens.refreshToken?.reveal();
  return `login-${(token === undefined ? fingerprint(id) : fingerprint(token)).slice(0, 16)}`;
}

/** Another record of the same login may say whose it is; both must take the same lock. */
function userIdOfSharer(refreshToken: Secret | undefined, { paths }: Root): string | undefined {
  if (refreshToken === undefined) return undefined;
  const records = recordsOf(readAllScopes(paths));
  const isKnownSharer = ({ userId, tokens }: Account) =>
    userId !== undefined && refreshToken.equals(tokens.refreshToken);
  return records.find(isKnownSharer)?.userId;
}
