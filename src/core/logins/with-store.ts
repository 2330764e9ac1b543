import { finishLogin } from '../codex/in-place-write.js';
import { AppError } from '../errors.js';
import { openStore, type Store } from '../pools/store.js';
import { assertOurs } from '../storage/adoption.js';
import { makePrivateDirectory } from '../storage/atomic-file.js';
import { withLock } from '../storage/file-lock.js';
import { reclaimTokenLocks, sweepLockLeftovers } from '../storage/lock-leftovers.js';
import type { Root } from '../storage/root.js';
import { recoverJournal } from './journal-recovery.js';
import { mergeLegacyPools } from './merge-legacy-pools.js';
import { settleMoves } from './settle-moves.js';

/** How long a writer waits for the others. */
const storeWaitMs = 10_000;

export interface StoreOptions {
  readonly signal?: AbortSignal;
}

/** Runs a task that reads, changes and writes under the lock, so that no update is lost (P9). */
export async function withStore<T>(
  root: Root,
  options: StoreOptions,
  task: (store: Store) => Promise<T> | T,
): Promise<T> {
  assertOurs(root);
  makePrivateDirectory(root.paths.root);
  const lockOptions = {
    directory: root.paths.locks,
    clock: root.clock,
    processes: root.processes,
    onWaiting: root.onWaiting,
    waitMs: storeWaitMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return withLock('store', lockOptions, async (lock) => {
    makePrivateDirectory(root.paths.locks);
    const store = openStore(root, lock);
    sweepLockLeftovers(root.paths.locks, root.processes);
    reclaimTokenLocks(root.paths.locks, root.processes);
    await finishInterruptedLogin(root);
    settleMoves(store);
    recoverJournal(store);
    mergeLegacyPools(store);
    return task(store);
  });
}

async function finishInterruptedLogin(root: Root): Promise<void> {
  try {
    await finishLogin(root);
  } catch (error) {
    // Locked or unreadable at the moment: `doctor` names it, and the next writer tries again.
    if (!(error instanceof AppError)) throw error;
  }
}
