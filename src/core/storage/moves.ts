import type { Account, FlaggedAccount } from '../accounts/account.js';
import { contradicts, isExactly } from '../accounts/identity.js';
import type { FlaggedPool, Pool } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { isNewer } from './lineage.js';
import type { Store } from './store.js';

export interface ResolvedMoves {
  readonly pool: Pool;
  readonly flagged: FlaggedPool;
  /** An account was in both. */
  readonly isUnsettled: boolean;
}

/**
 * An account found in the pool and in the flagged file beside it, because a move was cut short, is where it moved last,
 * with the newest tokens of either (DESIGN §4). Of two that say nothing about it, the pool's counts. Two accounts that
 * only share a record id are told apart by it from then on.
 */
export function resolveMoves(pool: Pool, storedFlagged: FlaggedPool): ResolvedMoves {
  const flagged = withDistinctIds(storedFlagged, pool);
  const pairs = flagged.accounts.flatMap((setAside) => {
    const usable = pool.accounts.find((account) => isCopyOf(account, setAside));
    return usable === undefined ? [] : [{ usable, setAside }];
  });
  if (pairs.length === 0) return { pool, flagged, isUnsettled: false };

  const staysFlagged = pairs.filter(({ usable, setAside }) => (setAside.movedAt ?? 0) > (usable.movedAt ?? 0));
  const goesBack = pairs.filter((pair) => !staysFlagged.includes(pair));
  const keep = <A extends Account>(accounts: readonly A[], out: readonly Account[], merged: ReadonlyMap<Account, A>) =>
    accounts.filter((account) => !out.includes(account)).map((account) => merged.get(account) ?? account);
  const poolMerged = new Map(goesBack.map(({ usable, setAside }) => [usable as Account, merge(usable, setAside)]));
  const flaggedMerged = new Map(
    staysFlagged.map(({ usable, setAside }): [Account, FlaggedAccount] => [setAside, merge(setAside, usable)]),
  );
  const outOfPool = staysFlagged.map(({ usable }) => usable);
  const outOfFlagged = goesBack.map(({ setAside }) => setAside);
  return {
    pool: { ...pool, accounts: keep(pool.accounts, outOfPool, poolMerged) },
    flagged: { ...flagged, accounts: keep(flagged.accounts, outOfFlagged, flaggedMerged) },
    isUnsettled: true,
  };
}

/** Finishes on disk what {@link resolveMoves} found; at no instant an account or its newest tokens are in neither file. */
export function settleMoves(store: Store, key: string | undefined): void {
  const { unsettled, pool, flagged } = store.scope(key);
  if (unsettled === undefined) return;
  const updated = unsettled.flagged.accounts.map((each) => flagged.accounts.find(({ id }) => id === each.id) ?? each);
  store.saveFlagged(key, { ...flagged, accounts: updated });
  store.savePool(key, pool);
  store.saveFlagged(key, flagged);
}

function isCopyOf(account: Account, other: Account): boolean {
  return isExactly(account, other) || (account.id === other.id && !contradicts(account, other));
}

function merge<A extends Account>(kept: A, other: Account): A {
  const isBehind = isNewer({ source: 'pool', tokens: other.tokens }, { source: 'pool', tokens: kept.tokens });
  if (!isBehind) return kept;
  return { ...kept, tokens: other.tokens, ...definedOnly({ authFile: other.authFile ?? kept.authFile }) };
}

function withDistinctIds(flagged: FlaggedPool, pool: Pool): FlaggedPool {
  const foreign = (setAside: FlaggedAccount) =>
    pool.accounts.some((account) => account.id === setAside.id && !isCopyOf(account, setAside));
  if (!flagged.accounts.some(foreign)) return flagged;
  const accounts = flagged.accounts.map((each) => (foreign(each) ? { ...each, id: `${each.id}-flagged` } : each));
  return { ...flagged, accounts };
}
