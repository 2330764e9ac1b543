import type { Foretelling } from '../history/observation.js';
import { appendHistory, noteObservations } from '../history/quota-history.js';
import { assertOurs } from '../storage/adoption.js';
import { makePrivateDirectory } from '../storage/atomic-file.js';
import { type LockHandle, withLock } from '../storage/file-lock.js';
import { overwriteJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';
import { type AccountState, encodeState, readChangeableState, withRatios } from './account-state.js';

const stateWaitMs = 10_000;

/**
 * Changes what is known about the accounts, and nothing else: reading commands remember quota and health through this,
 * and have no way to a credential (P5). Takes the same lock as every other writer of the root.
 */
export async function updateAccountState(
  root: Root,
  change: (state: AccountState) => AccountState,
  signal?: AbortSignal,
): Promise<void> {
  await withStoreLock(root, signal, (lock) => changeState(root, lock, change));
}

/** Adds forecasts to the history, where a later observation judges them. Takes the same lock. */
export async function keepForetellings(
  root: Root,
  entries: readonly Foretelling[],
  signal?: AbortSignal,
): Promise<void> {
  if (entries.length > 0) await withStoreLock(root, signal, () => appendHistory(root, entries));
}

/** Runs an action under the `store` lock, for files that hold no account and no credential. */
export async function withStoreLock<T>(
  root: Root,
  signal: AbortSignal | undefined,
  action: (lock: LockHandle) => T,
): Promise<T> {
  assertOurs(root);
  makePrivateDirectory(root.paths.root);
  const { clock, processes, paths, onWaiting } = root;
  const options = { directory: paths.locks, clock, processes, onWaiting, waitMs: stateWaitMs, signal };
  return withLock('store', options, action);
}

/**
 * The change itself; call it under the `store` lock. It reads the file at that moment, so that no facts of another
 * process are overwritten. A file that is not ours to replace stays as it is, and the change is lost.
 */
export function changeState(root: Root, lock: LockHandle, change: (state: AccountState) => AccountState): void {
  const path = root.paths.accountState;
  const { state: before, version, keepOut } = readChangeableState(path);
  if (keepOut !== undefined) return;
  const changed = change(before);
  if (changed === before) return;
  const after = withRatios(changed, before);
  overwriteJson(root, lock, path, version, encodeState(after), { isTerse: true });
  noteObservations(root, before.accounts, after.accounts);
}
