import type { FlaggedPool, Pool } from '../accounts/pool.js';
import { AppError } from '../errors.js';
import { type AccountState, encodeState, readAccountState } from './account-state.js';
import {
  type FileVersion,
  hashOf,
  isSameVersion,
  makeDirectory,
  readVersion,
  replaceFile,
  writeError,
} from './atomic-file.js';
import { keepOriginal, rotateBackups } from './backups.js';
import { type LockHandle, withLock } from './file-lock.js';
import { recoverJournal } from './journal-recovery.js';
import { sweepLockLeftovers } from './lock-leftovers.js';
import { encodeFlagged, encodePool } from './pool-codec.js';
import { assertOwner, type Root } from './root.js';
import { readAllScopes, readScope, type ScopeRecords } from './scope-files.js';

/** How long a writer waits for the others (DESIGN §4). */
const storeWaitMs = 10_000;

/** The one way to change the JSON files of a root. Exists only while this process holds the `store` lock. */
export interface Store {
  readonly root: Root;
  /** The scopes as they are now, the changes of this store included; the global one first. */
  scopes(): readonly ScopeRecords[];
  /** One scope, also when it has no files yet. */
  scope(key: string | undefined): ScopeRecords;
  /** Each save is durable when it returns. A move saves the destination first, then the source. */
  savePool(key: string | undefined, pool: Pool): void;
  saveFlagged(key: string | undefined, flagged: FlaggedPool): void;
  /** What is known about the accounts: read at the moment of the change, so that no process overwrites another's facts. */
  changeState(change: (state: AccountState) => AccountState): void;
}

export interface StoreOptions {
  readonly signal?: AbortSignal;
}

/** Runs a task that reads, changes and writes under the lock, so that no update is lost (P9). */
export async function withStore<T>(
  root: Root,
  options: StoreOptions,
  task: (store: Store) => Promise<T> | T,
): Promise<T> {
  assertOwner(root);
  makeDirectory(root.paths.root);
  const lockOptions = {
    directory: root.paths.locks,
    clock: root.clock,
    processes: root.processes,
    waitMs: storeWaitMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return withLock('store', lockOptions, (lock) => {
    const store = openStore(root, lock);
    sweepLockLeftovers(root.paths.locks, root.processes);
    recoverJournal(store);
    return task(store);
  });
}

function openStore(root: Root, lock: LockHandle): Store {
  let scopes = readAllScopes(root.paths);

  function scope(key: string | undefined): ScopeRecords {
    return scopes.find((each) => each.key === key) ?? readScope(root.paths, key);
  }

  function remember(changed: ScopeRecords): void {
    const isKnown = scopes.some((each) => each.key === changed.key);
    scopes = isKnown ? scopes.map((each) => (each.key === changed.key ? changed : each)) : [...scopes, changed];
  }

  return {
    root,
    scopes: () => scopes,
    scope,
    savePool(key, pool) {
      const before = scope(key);
      const saved = { ...pool, generation: before.pool.generation + 1 };
      const path = before.files.pool;
      if (before.migratedFrom !== undefined) backUp(path, () => keepOriginal(path, '.pre-v3.bak'));
      const poolVersion = replaceJson(root, lock, path, before.poolVersion, encodePool(saved));
      const { migratedFrom: _, ...current } = before;
      remember({ ...current, pool: saved, poolVersion });
    },
    saveFlagged(key, flagged) {
      const before = scope(key);
      const path = before.files.flagged;
      const flaggedVersion = replaceJson(root, lock, path, before.flaggedVersion, encodeFlagged(flagged));
      remember({ ...before, flagged, flaggedVersion });
    },
    changeState(change) {
      const path = root.paths.accountState;
      const version = readVersion(path);
      const before = readAccountState(path).state;
      const after = change(before);
      if (after !== before) replaceJson(root, lock, path, version, encodeState(after));
    },
  };
}

/** Replaces one JSON file of the root, if it is still what we read and the lock is still ours. */
export function replaceJson(
  root: Root,
  lock: LockHandle,
  path: string,
  expected: FileVersion,
  value: Record<string, unknown>,
): FileVersion {
  const content = `${JSON.stringify(value, null, 2)}\n`;
  if (expected.kind === 'present') backUp(path, () => rotateBackups(path));
  const guard = () => {
    lock.assertHeld();
    assertUnchanged(path, expected);
  };
  replaceFile({ path, content, guard }, root.processes);
  return { kind: 'present', content, hash: hashOf(content) };
}

/** Other tools take no lock and count no generation: only the content tells. */
function assertUnchanged(path: string, expected: FileVersion): void {
  if (isSameVersion(readVersion(path), expected)) return;
  throw new AppError('storage-conflict', `another program changed ${path} at the same moment`, {
    hint: 'run the command again; nothing was overwritten',
    details: { path },
  });
}

function backUp(path: string, copy: () => void): void {
  try {
    copy();
  } catch (error) {
    throw writeError(path, error);
  }
}
