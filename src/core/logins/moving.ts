import type { Account, FlaggedAccount } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { withAccount, withoutAccount, withoutChoice, withoutTombstone } from '../accounts/pool.js';
import { moveTime, scopeName } from '../pools/moves.js';
import type { Store } from '../pools/store.js';

export type Move =
  | {
      readonly kind: 'moved' | 'there-already';
      readonly account: Account;
      /** Whether it is among the accounts that are set aside, where it stays. */
      readonly isSetAside: boolean;
      /** 1-based position where it is now. */
      readonly index: number;
    }
  /** The scope has a record of this account already, which is not ours to overwrite. */
  | { readonly kind: 'double' }
  | { readonly kind: 'gone' };

export interface MoveRequest {
  readonly accountId: string;
  /** The scopes; undefined is the global one. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Moves one account to another scope of the root, with its id and everything else in its record. The destination is
 * written first, so that at no instant it is in neither; the record says where it came from and when, so that the next
 * load knows which copy counts (`pools/moves.ts`). Choices stay, except that of the account which leaves.
 */
export function moveAccount(store: Store, { accountId, from, to }: MoveRequest): Move {
  const isMeant = ({ id }: Account) => id === accountId;
  const usable = store.scope(from).pool.accounts.find(isMeant);
  const setAside = store.scope(from).flagged.accounts.find(isMeant);
  const account = usable ?? setAside;
  if (account === undefined) return { kind: 'gone' };
  if (from !== to) {
    const there = store.scope(to);
    const residents = [...there.pool.accounts, ...there.flagged.accounts];
    if (residents.some(isMeant) || findSame(residents, account) !== undefined) return { kind: 'double' };
    if (usable !== undefined) moveUsable(store, usable, from, to);
    else if (setAside !== undefined) moveSetAside(store, setAside, from, to);
  }
  const { accounts } = usable === undefined ? store.scope(to).flagged : store.scope(to).pool;
  const index = accounts.findIndex(isMeant) + 1;
  return { kind: from === to ? 'there-already' : 'moved', account, isSetAside: usable === undefined, index };
}

function moveUsable(store: Store, account: Account, from: string | undefined, to: string | undefined): void {
  const moved = stamped(store, account, from);
  store.savePool(to, withAccount(withoutTombstone(store.scope(to).pool, moved), moved));
  store.savePool(from, withoutChoice(withoutAccount(store.scope(from).pool, account.id), account.id));
}

function moveSetAside(store: Store, account: FlaggedAccount, from: string | undefined, to: string | undefined): void {
  const { pool, flagged } = store.scope(to);
  const remembered = withoutTombstone(pool, account);
  if (remembered !== pool) store.savePool(to, remembered);
  store.saveFlagged(to, withAccount(flagged, stamped(store, account, from)));
  store.saveFlagged(from, withoutAccount(store.scope(from).flagged, account.id));
}

function stamped<A extends Account>(store: Store, account: A, from: string | undefined): A {
  return { ...account, movedAt: moveTime(account, store.root.clock.now()), movedFrom: scopeName(from) };
}
