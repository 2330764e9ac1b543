import type { Account } from '../accounts/account.js';
import { emptyPool, withAccount } from '../accounts/pool.js';
import { encodePool } from '../pools/pool-codec.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { keepAside } from '../storage/kept.js';
import { isKnownSpent } from './lineage-log.js';

type Unsettled = ScopeRecords & { readonly unsettled: NonNullable<ScopeRecords['unsettled']> };

/**
 * Finishes on disk the moves that reading has resolved (`moves.ts`). Every record that stays has the newest tokens before
 * any copy goes: at no instant an account or its newest tokens are nowhere.
 */
export function settleMoves(store: Store): void {
  const scopes = store.scopes().filter((scope): scope is Unsettled => scope.unsettled !== undefined);
  for (const scope of scopes) keepOtherLogins(store, scope);
  for (const { key, unsettled, pool, flagged } of scopes) {
    saveFlagged(store, key, unsettled.flagged.accounts, brought(unsettled.flagged.accounts, flagged.accounts));
    savePool(store, key, unsettled.pool.accounts, brought(unsettled.pool.accounts, pool.accounts));
  }
  for (const { key, unsettled, pool, flagged } of scopes) {
    savePool(store, key, brought(unsettled.pool.accounts, pool.accounts), pool.accounts);
    saveFlagged(store, key, brought(unsettled.flagged.accounts, flagged.accounts), flagged.accounts);
  }
}

/** What is on disk, with the records that stay as they will be. */
function brought<A extends Account>(stored: readonly A[], settled: readonly A[]): A[] {
  return stored.map((each) => settled.find(({ id }) => id === each.id) ?? each);
}

function savePool(store: Store, key: string | undefined, stored: readonly Account[], accounts: readonly Account[]) {
  if (isChanged(stored, accounts)) store.savePool(key, { ...store.scope(key).pool, accounts });
}

type SetAside = ScopeRecords['flagged']['accounts'];

function saveFlagged(store: Store, key: string | undefined, stored: SetAside, accounts: SetAside): void {
  if (isChanged(stored, accounts)) store.saveFlagged(key, { ...store.scope(key).flagged, accounts });
}

function isChanged(before: readonly Account[], after: readonly Account[]): boolean {
  return before.length !== after.length || before.some((account, index) => account !== after[index]);
}

/** A copy that goes may have got a login of its own from another tool; it goes where `import` can bring it back from. */
function keepOtherLogins(store: Store, { key, unsettled, pool, flagged }: Unsettled): void {
  const staying = [...pool.accounts, ...flagged.accounts].map(({ id }) => id);
  const elsewhere = store.scopes().filter((each) => each.key !== key);
  for (const account of [...unsettled.pool.accounts, ...unsettled.flagged.accounts]) {
    const { refreshToken } = account.tokens;
    if (staying.includes(account.id) || refreshToken === undefined) continue;
    const heir = elsewhere.flatMap((each) => [...each.pool.accounts, ...each.flagged.accounts]);
    const isKept = heir.some(({ tokens }) => refreshToken.equals(tokens.refreshToken));
    if (isKept || isKnownSpent(store.root, refreshToken)) continue;
    const copy = encodePool(withAccount(emptyPool, account));
    keepAside(store.root, 'duplicate-account', `${JSON.stringify(copy, null, 2)}\n`);
  }
}
