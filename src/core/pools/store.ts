import type { FlaggedPool, Pool } from '../accounts/pool.js';
import type { Binding } from '../bindings/binding.js';
import { changeBindings } from '../bindings/registry.js';
import { AppError } from '../errors.js';
import type { AccountState } from '../health/account-state.js';
import { changeState } from '../health/state-store.js';
import { changeHomes, type HomeRecord } from '../homes/registry.js';
import type { FileVersion } from '../storage/atomic-file.js';
import { keepOriginal } from '../storage/backups.js';
import type { LockHandle } from '../storage/file-lock.js';
import { assertUnchanged, backUp, replaceJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';
import { encodeFlagged, encodePool } from './pool-codec.js';
import { readAllScopes, readScope, removeScopeFiles } from './scope-files.js';
import type { ScopeRecords } from './scope-records.js';

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
  /** What is known about the accounts; see `state-store.ts`. */
  changeState(change: (state: AccountState) => AccountState): void;
  /** Which homes hold which logins; see `homes/registry.ts`. */
  changeHomes(change: (homes: readonly HomeRecord[]) => readonly HomeRecord[]): void;
  /** Which directories are bound to which accounts; see `bindings/registry.ts`. */
  changeBindings(change: (bindings: readonly Binding[]) => readonly Binding[]): void;
}

/** The part of a store that is about accounts; {@link inOneWrite} hands one to its callback that writes at the end. */
export type RecordStore = Omit<Store, 'changeState' | 'changeHomes' | 'changeBindings'>;

/** A store that is being opened: a whole scope is removed at no other time. */
export interface OpeningStore extends Store {
  /** Deletes the files of a scope whose accounts live elsewhere by now, its backups included. */
  removeScope(key: string): void;
}

/** The files of a root as they are now, to be changed while the `store` lock is held. */
export function openStore(root: Root, lock: LockHandle): OpeningStore {
  let scopes = readAllScopes(root.paths);
  /** Scopes without files, as they were first seen: a file that appears in one was written by another program. */
  const empty = new Map<string | undefined, ScopeRecords>();

  function scope(key: string | undefined): ScopeRecords {
    const known = scopes.find((each) => each.key === key) ?? empty.get(key);
    if (known !== undefined) return known;
    const read = readScope(root.paths, key);
    empty.set(key, read);
    return read;
  }

  function remember(changed: ScopeRecords): void {
    const isKnown = scopes.some((each) => each.key === changed.key);
    scopes = isKnown ? scopes.map((each) => (each.key === changed.key ? changed : each)) : [...scopes, changed];
  }

  /** The directory of a project that this run is about. The key is derived from it, so it is no other project's. */
  function leadingTo(key: string | undefined): Pick<Pool, 'projectRoot'> {
    const project = root.projects?.().find((each) => each.key === key);
    return project?.root === undefined ? {} : { projectRoot: project.root };
  }

  return {
    root,
    scopes: () => scopes,
    scope,
    savePool(key, pool) {
      const before = scope(key);
      assertCurrent(pool, before);
      const saved = { ...pool, ...leadingTo(key), generation: before.pool.generation + 1 };
      const path = before.files.pool;
      if (before.migratedFrom !== undefined) keepBeforeMigration(root, path, before.poolVersion);
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
    removeScope(key) {
      const { files, poolVersion, flaggedVersion } = scope(key);
      lock.assertHeld();
      assertUnchanged(files.pool, poolVersion);
      assertUnchanged(files.flagged, flaggedVersion);
      removeScopeFiles(files);
      scopes = scopes.filter((each) => each.key !== key);
      empty.delete(key);
    },
    changeState: (change) => changeState(root, lock, change),
    changeHomes: (change) => changeHomes(root, lock, change),
    changeBindings: (change) => changeBindings(root, lock, change),
  };
}

function keepBeforeMigration(root: Root, path: string, version: FileVersion): void {
  if (version.kind === 'present') backUp(path, () => keepOriginal(path, '.pre-v3.bak', version, root.processes));
}

/** A pool that was read before another save of this store would undo that save. */
function assertCurrent(pool: Pool, { files, pool: current }: ScopeRecords): void {
  if (pool.generation === current.generation) return;
  throw new AppError('internal', `${files.pool} was changed from an older state than the present one`, {
    hint: 'run the command again; nothing was overwritten',
    details: { path: files.pool },
  });
}

/** Makes changes to the accounts of a store in memory, and then writes every changed file once. */
export function inOneWrite(store: RecordStore, change: (draft: RecordStore) => void): void {
  let scopes = store.scopes();
  const scope = (key: string | undefined) => scopes.find((each) => each.key === key) ?? store.scope(key);
  const remember = (changed: ScopeRecords) => {
    const isKnown = scopes.some(({ key }) => key === changed.key);
    scopes = isKnown ? scopes.map((each) => (each.key === changed.key ? changed : each)) : [...scopes, changed];
  };
  change({
    root: store.root,
    scopes: () => scopes,
    scope,
    savePool: (key, pool) => remember({ ...scope(key), pool }),
    saveFlagged: (key, flagged) => remember({ ...scope(key), flagged }),
  });
  for (const { key, pool } of scopes) if (pool !== store.scope(key).pool) store.savePool(key, pool);
  for (const { key, flagged } of scopes) if (flagged !== store.scope(key).flagged) store.saveFlagged(key, flagged);
}
