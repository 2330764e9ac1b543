import type { ScopeRecords } from './scope-records.js';
import type { RecordStore, Store } from './store.js';

/** Makes changes to the accounts of a store in memory, and then writes every changed file once. */
export function inOneWrite(store: Store, change: (draft: RecordStore) => void): void {
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
