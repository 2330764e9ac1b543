import type { Root } from '../storage/root.js';
import { readScope } from './scope-files.js';
import type { ScopeRecords } from './scope-records.js';
import type { RecordStore, Store } from './store.js';

/** Changes to the accounts of a root, in memory until they are committed: a plan, or one write for many accounts. */
export interface DraftStore extends RecordStore {
  /** How many saves there were: it tells whether a step changed anything. */
  readonly saves: number;
  /** Writes every changed file once. Each account is in the pool before it leaves the flagged file. */
  commit(store: Store): void;
}

/** Starts from records that were read together; a scope without files is read when it is first asked for. */
export function draftStore(root: Root, records: readonly ScopeRecords[]): DraftStore {
  let scopes = records;
  let saves = 0;

  function scope(key: string | undefined): ScopeRecords {
    return scopes.find((each) => each.key === key) ?? readScope(root.paths, key);
  }

  function remember(changed: ScopeRecords): void {
    saves += 1;
    const isKnown = scopes.some(({ key }) => key === changed.key);
    scopes = isKnown ? scopes.map((each) => (each.key === changed.key ? changed : each)) : [...scopes, changed];
  }

  return {
    root,
    get saves() {
      return saves;
    },
    scopes: () => scopes,
    scope,
    savePool: (key, pool) => remember({ ...scope(key), pool }),
    saveFlagged: (key, flagged) => remember({ ...scope(key), flagged }),
    commit(store) {
      for (const { key, pool } of scopes) if (pool !== store.scope(key).pool) store.savePool(key, pool);
      for (const { key, flagged } of scopes) if (flagged !== store.scope(key).flagged) store.saveFlagged(key, flagged);
    },
  };
}
