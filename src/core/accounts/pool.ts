import { definedOnly } from '../defined-only.js';
import type { Account, FlaggedAccount } from './account.js';
import { type Identity, isSameAccount } from './identity.js';

/** Remembers a removal, so that syncing back from `auth.json` does not bring the account back. */
export interface Tombstone extends Identity {
  readonly removedAt: number;
}

/** The accounts of one scope, in the person's order. A value: every change makes a new pool. */
export interface Pool {
  readonly accounts: readonly Account[];
  /** This scope's last choice; what is really in use is what `auth.json` holds. */
  readonly activeId?: string;
  readonly previousId?: string;
  /** Other tools keep an active account per model family; we set each of them to the choice of the scope. */
  readonly activeIdByFamily: Readonly<Record<string, string>>;
  readonly generation: number;
  /** Of a project's pool: the directory that leads to it. */
  readonly projectRoot?: string;
  readonly removed: readonly Tombstone[];
  /** Entries of `accounts` that are no objects: kept, never shown. */
  readonly unrecognised: readonly unknown[];
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface FlaggedPool {
  readonly accounts: readonly FlaggedAccount[];
  readonly unrecognised: readonly unknown[];
  readonly raw: Readonly<Record<string, unknown>>;
}

export const emptyPool: Pool = {
  accounts: [],
  activeIdByFamily: {},
  generation: 0,
  removed: [],
  unrecognised: [],
  raw: {},
};

export const emptyFlaggedPool: FlaggedPool = { accounts: [], unrecognised: [], raw: {} };

/** The account with the same id replaced in place, or the new one appended. */
export function withAccount<P extends { readonly accounts: readonly Account[] }>(
  pool: P,
  account: P['accounts'][number],
): P {
  const known = pool.accounts.some((each) => each.id === account.id);
  const accounts = known
    ? pool.accounts.map((each) => (each.id === account.id ? account : each))
    : [...pool.accounts, account];
  return { ...pool, accounts };
}

export function withoutAccount<P extends { readonly accounts: readonly Account[] }>(pool: P, id: string): P {
  return { ...pool, accounts: pool.accounts.filter((each) => each.id !== id) };
}

/** The choice of this scope; the one before it becomes `previousId`, which is what the selector `-` means. */
export function withActive(pool: Pool, id: string): Pool {
  if (pool.activeId === id) return pool;
  const families = Object.keys(pool.activeIdByFamily).map((family) => [family, id]);
  return {
    ...pool,
    activeId: id,
    activeIdByFamily: Object.fromEntries(families),
    ...(pool.activeId === undefined ? {} : { previousId: pool.activeId }),
  };
}

/** The pool when an account of another pool is chosen: its own choice becomes the one that `-` goes back to. */
export function withChoiceLeft(pool: Pool): Pool {
  const { activeId, ...others } = pool;
  return activeId === undefined ? pool : { ...others, previousId: activeId };
}

/** The pool after an account has left it: nobody is chosen in its place. */
export function withoutChoice(pool: Pool, id: string): Pool {
  const { activeId, previousId, ...others } = pool;
  return {
    ...others,
    ...definedOnly({
      activeId: activeId === id ? undefined : activeId,
      previousId: previousId === id ? undefined : previousId,
    }),
  };
}

/** Remembers that the person removed this account. */
export function withTombstone(pool: Pool, identity: Identity, removedAt: number): Pool {
  const { userId, accountId, email } = identity;
  const tombstone: Tombstone = definedOnly({ userId, accountId, email, removedAt });
  const others = withoutTombstone(pool, identity);
  return { ...others, removed: [...others.removed, tombstone] };
}

/** Signing in again forgets the removal. */
export function withoutTombstone(pool: Pool, identity: Identity): Pool {
  const removed = pool.removed.filter((tombstone) => !isSameAccount(tombstone, identity));
  return removed.length === pool.removed.length ? pool : { ...pool, removed };
}

export function wasRemoved(pool: Pool, identity: Identity): boolean {
  return pool.removed.some((tombstone) => isSameAccount(tombstone, identity));
}
