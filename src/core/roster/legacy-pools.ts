import { isDeepStrictEqual } from 'node:util';
import type { Account, TokenSet } from '../accounts/account.js';
import { findSame, isSameAccount } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import { type Pool, wasRemoved } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { nextTokens } from '../lineage/rotation.js';
import { moveTime, scopeName } from '../pools/moves.js';
import type { ScopeContent, ScopeRecords } from '../pools/scope-records.js';
import { recordsOf } from '../pools/scope-records.js';

/**
 * What a scope holds once a legacy one is merged into it: the accounts that no other scope knows or has removed, each
 * under an id that is free there. Gives the same as long as the files are the same. Pure.
 */
export function withLegacy(
  to: ScopeRecords,
  legacy: ScopeRecords,
  others: readonly ScopeRecords[],
  now: number,
): ScopeContent {
  const known = recordsOf([to, ...others]);
  const isNew = (account: Account) =>
    findSame(known, account) === undefined && ![to, ...others].some(({ pool }) => wasRemoved(pool, account));
  const ids = new FreeIds([...to.pool.accounts, ...to.flagged.accounts]);
  const arrived = <A extends Account>(account: A): A => ({
    ...account,
    id: ids.take(account.id),
    movedAt: moveTime(account, now),
    movedFrom: scopeName(legacy.key),
  });
  const usable = legacy.pool.accounts.filter(isNew).map(arrived);
  const setAside = legacy.flagged.accounts.filter(isNew).map(arrived);
  return {
    pool: joinedPool(to, legacy.pool, usable, ids),
    flagged: {
      ...to.flagged,
      accounts: [...to.flagged.accounts, ...setAside],
      unrecognised: unique(to.flagged.unrecognised, legacy.flagged.unrecognised),
    },
  };
}

/** The same as the records of a scope, with the tokens of its own accounts that are newer in the legacy one. Pure. */
export function withLegacyScope(
  to: ScopeRecords,
  legacy: ScopeRecords,
  others: readonly ScopeRecords[],
  now: number,
): ScopeRecords {
  const { pool, flagged } = withLegacy(to, legacy, others, now);
  const news = new Map(newerTokens([to], legacy).map(({ holder, tokens }) => [holder.id, tokens]));
  const updated = <A extends Account>(account: A): A => {
    const tokens = news.get(account.id);
    return tokens === undefined ? account : { ...account, tokens: nextTokens(account.tokens, tokens) };
  };
  return {
    ...to,
    pool: { ...pool, accounts: pool.accounts.map(updated) },
    flagged: { ...flagged, accounts: flagged.accounts.map(updated) },
  };
}

/** Where there is no pool yet, the legacy one gives its choice and what else it holds. */
function joinedPool(to: ScopeRecords, legacy: Pool, arrived: readonly Account[], ids: FreeIds): Pool {
  const { pool } = to;
  const base = to.poolVersion.kind === 'absent' ? { ...legacy, accounts: [], unrecognised: [], removed: [] } : pool;
  const accounts = [...pool.accounts, ...arrived];
  const isHere = (id: string | undefined) => accounts.some((account) => account.id === id);
  const named = (id: string | undefined) => (id === undefined ? undefined : ids.nameOf(id));
  const choice = [pool.activeId, named(legacy.activeId)].find(isHere);
  const previous = [pool.previousId, named(legacy.previousId)].find((id) => isHere(id) && id !== choice);
  const { activeId: _active, previousId: _previous, ...others } = base;
  const removed = legacy.removed.filter(
    (each) => !wasRemoved(pool, each) && !accounts.some((account) => isSameAccount(each, account)),
  );
  return {
    ...others,
    ...definedOnly({ activeId: choice, previousId: previous }),
    generation: pool.generation,
    accounts,
    unrecognised: unique(pool.unrecognised, legacy.unrecognised),
    removed: [...pool.removed, ...removed],
  };
}

/** Of accounts in both, the tokens that are newer in the legacy pool. Pure. */
export function newerTokens(
  scopes: readonly ScopeRecords[],
  legacy: ScopeRecords,
): { readonly holder: Account; readonly tokens: TokenSet }[] {
  const known = recordsOf(scopes);
  return recordsOf([legacy]).flatMap(({ tokens, ...identity }) => {
    const holder = findSame(known, identity);
    const isBehind = holder && isNewer({ source: 'pool', tokens }, { source: 'pool', tokens: holder.tokens });
    return isBehind === true ? [{ holder, tokens }] : [];
  });
}

/** Gives out record ids that no account of a scope has, the same ones every time. */
class FreeIds {
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();

  constructor(residents: readonly Account[]) {
    this.#taken = new Set(residents.map(({ id }) => id));
  }

  take(id: string): string {
    let free = id;
    for (let copy = 2; this.#taken.has(free); copy += 1) free = `${id}-${copy}`;
    this.#taken.add(free);
    this.#names.set(id, free);
    return free;
  }

  /** The id that the account with this id was given. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }
}

function unique(entries: readonly unknown[], more: readonly unknown[]): unknown[] {
  return [...entries, ...more.filter((entry) => !entries.some((each) => isDeepStrictEqual(each, entry)))];
}
