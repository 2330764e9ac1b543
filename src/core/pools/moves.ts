import type { Account, FlaggedAccount } from '../accounts/account.js';
import { contradicts, isExactly } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import { type FlaggedPool, type Pool, withoutChoice } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import type { ScopeContent, ScopeRecords } from './scope-records.js';

export interface ResolvedMoves extends ScopeContent {
  /** An account was in the pool and in the flagged file. */
  readonly isUnsettled: boolean;
}

/** When an account moves: later than its last move, even if the clock has been set back since. */
export function moveTime(account: Account, now: number): number {
  return Math.max(now, (account.movedAt ?? 0) + 1);
}

/**
 * An account found in the pool and in the flagged file beside it, because a move was cut short, is where it moved last,
 * with the newest tokens of either. Where neither record has the time of a move, the pool's counts. Where two accounts
 * only share a record id, the flagged one gets another id.
 */
export function resolveMoves(pool: Pool, storedFlagged: FlaggedPool): ResolvedMoves {
  const flagged = withDistinctIds(storedFlagged, pool);
  const pairs = flagged.accounts.flatMap((setAside) => {
    const usable = pool.accounts.find((account) => isCopyOf(account, setAside));
    return usable === undefined ? [] : [{ usable, setAside }];
  });
  if (pairs.length === 0) return { pool, flagged, isUnsettled: false };

  const ends = new MoveEnds();
  for (const { usable, setAside } of pairs) {
    const staysFlagged = (setAside.movedAt ?? 0) > (usable.movedAt ?? 0);
    if (staysFlagged) ends.add(setAside, [usable]);
    else ends.add(usable, [setAside]);
  }
  return { ...ends.applyTo({ pool, flagged }), isUnsettled: true };
}

/**
 * The same for a move between two scopes: the record that moved last stays, and its copy in the scope that it came from
 * goes. Copies that no move explains stay, until `fix` merges them.
 */
export function resolveScopeMoves(scopes: readonly ScopeRecords[]): readonly ScopeRecords[] {
  const ends = new MoveEnds();
  for (const copies of doubledRecords(scopes)) {
    const { account: last } = copies.reduce((latest, each) => (isLater(each.account, latest.account) ? each : latest));
    const overtaken = copies
      .filter(({ account, place }) => place === last.movedFrom && isLater(last, account) && isCopyOf(account, last))
      .map(({ account }) => account);
    if (overtaken.length > 0) ends.add(last, overtaken);
  }
  if (ends.isEmpty) return scopes;
  return scopes.map((scope) => {
    const { pool, flagged } = scope;
    const settled = ends.applyTo({ pool, flagged });
    if (settled.pool === pool && settled.flagged === flagged) return scope;
    const left = pool.accounts.filter((each) => !settled.pool.accounts.some(({ id }) => id === each.id));
    const withoutChoices = left.reduce((current, { id }) => withoutChoice(current, id), settled.pool);
    return { ...scope, ...settled, pool: withoutChoices, unsettled: scope.unsettled ?? { pool, flagged } };
  });
}

/** How a record names the scope that it came from; keys of projects never read like this one. */
export function scopeName(key: string | undefined): string {
  return key ?? 'global';
}

interface PlacedRecord {
  readonly account: Account;
  readonly place: string;
}

/** The records of all scopes that share an id, in one list for each such id. */
function doubledRecords(scopes: readonly ScopeRecords[]): PlacedRecord[][] {
  const byId = new Map<string, PlacedRecord[]>();
  if (scopes.length < 2) return [];
  for (const { key, pool, flagged } of scopes) {
    for (const account of [...pool.accounts, ...flagged.accounts]) {
      const copies = byId.get(account.id) ?? [];
      copies.push({ account, place: scopeName(key) });
      byId.set(account.id, copies);
    }
  }
  return [...byId.values()].filter(({ length }) => length > 1);
}

function isLater(account: Account, than: Account): boolean {
  return (account.movedAt ?? 0) > (than.movedAt ?? 0);
}

/** Which record of an account stays, with the newest tokens of all, and which ones go. */
class MoveEnds {
  readonly #merged = new Map<Account, Account>();
  readonly #gone = new Set<Account>();

  get isEmpty(): boolean {
    return this.#gone.size === 0;
  }

  add(kept: Account, overtaken: readonly Account[]): void {
    this.#merged.set(kept, overtaken.reduce(merge, this.#merged.get(kept) ?? kept));
    for (const each of overtaken) this.#gone.add(each);
  }

  /** Unchanged parts are the very same objects. */
  applyTo({ pool, flagged }: ScopeContent): ScopeContent {
    return { pool: this.#inside(pool), flagged: this.#inside(flagged) };
  }

  #inside<P extends { readonly accounts: readonly Account[] }>(pool: P): P {
    const accounts = pool.accounts
      .filter((account) => !this.#gone.has(account))
      .map((account) => this.#merged.get(account) ?? account);
    const isSame =
      accounts.length === pool.accounts.length && accounts.every((each, index) => each === pool.accounts[index]);
    return isSame ? pool : { ...pool, accounts };
  }
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
