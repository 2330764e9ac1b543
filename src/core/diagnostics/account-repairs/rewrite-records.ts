import type { Account } from '../../accounts/account.js';
import type { Store } from '../../pools/store.js';
import { completed } from './completion.js';
import { withoutExpiredPauses } from './expired-facts.js';
import type { StoredRepair } from './repair.js';

/**
 * Writes what the records lack, and leaves out what is over. Reading has put right who they are; the write makes that
 * permanent, so that a corrected account id needs nothing but to be stored. Each file is written once.
 */
export function rewriteRecords(store: Store, repairs: readonly StoredRepair[], now: number): void {
  for (const { key, pool, flagged } of store.scopes()) {
    const kindsFor = ({ id }: Account) =>
      repairs
        .filter((each) => 'scopeKey' in each && each.scopeKey === key && each.accountId === id)
        .map(({ kind }) => kind);
    const rewrite = <A extends Account>(account: A): A => {
      const kinds = kindsFor(account);
      const isCorrected = kinds.includes('correct-account-id') || kinds.includes('fill-in');
      const whole = isCorrected ? { ...completed(account) } : account;
      return kinds.includes('drop-expired-facts') ? withoutExpiredPauses(whole, now).kept : whole;
    };
    const accounts = pool.accounts.map(rewrite);
    if (isChanged(accounts, pool.accounts)) store.savePool(key, { ...pool, accounts });
    const setAside = flagged.accounts.map(rewrite);
    if (isChanged(setAside, flagged.accounts)) store.saveFlagged(key, { ...flagged, accounts: setAside });
  }
}

function isChanged(after: readonly Account[], before: readonly Account[]): boolean {
  return after.some((account, index) => account !== before[index]);
}
