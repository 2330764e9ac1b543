import type { Account } from '../accounts/account.js';
import type { RecordStore } from './store.js';

/** Changes the records of all scopes. A file in which `change` returned another object for a record is written once. */
export function changeRecords(
  store: RecordStore,
  change: <A extends Account>(account: A, scopeKey: string | undefined) => A,
): void {
  for (const { key, pool, flagged } of store.scopes()) {
    const accounts = pool.accounts.map((account) => change(account, key));
    if (isChanged(accounts, pool.accounts)) store.savePool(key, { ...pool, accounts });
    const setAside = flagged.accounts.map((account) => change(account, key));
    if (isChanged(setAside, flagged.accounts)) store.saveFlagged(key, { ...flagged, accounts: setAside });
  }
}

function isChanged(after: readonly Account[], before: readonly Account[]): boolean {
  return after.some((account, index) => account !== before[index]);
}
