import type { Account, FlaggedAccount } from '../accounts/account.js';
import type { FlaggedPool, Pool } from '../accounts/pool.js';
import { readScope } from '../pools/scope-files.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { RecordStore, Store } from '../pools/store.js';
import type { Root } from '../storage/root.js';

/** Where an account lives in a draft. Accounts do not move in a draft. */
export interface DraftPlace {
  readonly id: string;
  readonly scopeKey: string | undefined;
  /** Whether the account is in the flagged file. */
  readonly isSetAside: boolean;
}

/**
 * Changes to the accounts of a root, in memory until they are committed: for a plan, or for one write of many accounts.
 * The cost of changing one account does not grow with their number.
 */
export interface DraftStore {
  readonly root: Root;
  /** How many saves there were: a greater number shows that a step has changed something. */
  readonly saves: number;
  /** All records as they are now. */
  scopes(): readonly ScopeRecords[];
  /** What a scope holds besides its accounts. */
  surroundings(key: string | undefined): Omit<Pool, 'accounts'>;
  find(place: DraftPlace): Account | undefined;
  /** The 0-based position in its pool, or among the accounts that are set aside there. */
  positionOf(place: DraftPlace): number | undefined;
  addAccount(key: string | undefined, account: Account, isChosen: boolean): void;
  addFlagged(key: string | undefined, account: FlaggedAccount): void;
  /** The draft as a store that shows only these accounts; what is saved there is saved in the draft. */
  only(places: readonly DraftPlace[]): RecordStore;
  /** Writes every changed file once. Each account is in the pool before it leaves the flagged file. */
  commit(store: Store): void;
}

interface DraftScope {
  readonly records: ScopeRecords;
  readonly accounts: AccountList<Account>;
  readonly flagged: AccountList<FlaggedAccount>;
  /** The pool without its accounts. */
  pool: Pool;
  isPoolChanged: boolean;
  isFlaggedChanged: boolean;
}

/** Starts from records that were read together; a scope without files is read when it is first asked for. */
export function draftStore(root: Root, records: readonly ScopeRecords[]): DraftStore {
  const scopes = new Map(records.map((each) => [each.key, draftOf(each)]));
  let saves = 0;

  function scopeOf(key: string | undefined): DraftScope {
    const known = scopes.get(key) ?? draftOf(readScope(root.paths, key));
    scopes.set(key, known);
    return known;
  }

  function listOf({ scopeKey, isSetAside }: DraftPlace): AccountList<Account> {
    const scope = scopeOf(scopeKey);
    return isSetAside ? scope.flagged : scope.accounts;
  }

  function savePool(key: string | undefined, { accounts, ...pool }: Pool): void {
    const scope = scopeOf(key);
    for (const account of accounts) scope.accounts.put(account);
    scope.pool = { ...pool, accounts: [] };
    scope.isPoolChanged = true;
    saves += 1;
  }

  function saveFlagged(key: string | undefined, { accounts }: Pick<FlaggedPool, 'accounts'>): void {
    const scope = scopeOf(key);
    for (const account of accounts) scope.flagged.put(account);
    scope.isFlaggedChanged = true;
    saves += 1;
  }

  return {
    root,
    get saves() {
      return saves;
    },
    scopes: () => [...scopes.values()].map((scope) => recordsOf(scope, scope.accounts.all(), scope.flagged.all())),
    surroundings: (key) => scopeOf(key).pool,
    find: (place) => listOf(place).get(place.id),
    positionOf: (place) => listOf(place).positionOf(place.id),
    addAccount(key, account, isChosen) {
      const { pool } = scopeOf(key);
      savePool(key, { ...pool, accounts: [account], ...(isChosen ? { activeId: account.id } : {}) });
    },
    addFlagged: (key, account) => saveFlagged(key, { accounts: [account] }),
    only(places) {
      const part = (scope: DraftScope) => {
        const here = places.filter(({ scopeKey }) => scopeKey === scope.records.key);
        const idsOf = (isSetAside: boolean) =>
          here.filter((each) => each.isSetAside === isSetAside).map(({ id }) => id);
        return recordsOf(scope, scope.accounts.some(idsOf(false)), scope.flagged.some(idsOf(true)));
      };
      return {
        root,
        scopes: () => [...scopes.values()].map(part),
        scope: (key) => part(scopeOf(key)),
        savePool,
        saveFlagged,
      };
    },
    commit(store) {
      for (const [key, scope] of scopes) {
        if (scope.isPoolChanged) store.savePool(key, { ...scope.pool, accounts: scope.accounts.all() });
      }
      for (const [key, scope] of scopes) {
        const { flagged } = scope.records;
        if (scope.isFlaggedChanged) store.saveFlagged(key, { ...flagged, accounts: scope.flagged.all() });
      }
    },
  };
}

function draftOf(records: ScopeRecords): DraftScope {
  return {
    records,
    accounts: new AccountList(records.pool.accounts),
    flagged: new AccountList(records.flagged.accounts),
    pool: { ...records.pool, accounts: [] },
    isPoolChanged: false,
    isFlaggedChanged: false,
  };
}

function recordsOf(
  { records, pool }: DraftScope,
  accounts: readonly Account[],
  flagged: readonly FlaggedAccount[],
): ScopeRecords {
  return { ...records, pool: { ...pool, accounts }, flagged: { ...records.flagged, accounts: flagged } };
}

/** Accounts in their order, found by their ids. Of several with one id the first is found, and the others stay. */
class AccountList<A extends Account> {
  private readonly accounts: A[];
  private readonly positions = new Map<string, number>();

  constructor(accounts: readonly A[]) {
    this.accounts = [...accounts];
    for (const [position, { id }] of accounts.entries()) {
      if (!this.positions.has(id)) this.positions.set(id, position);
    }
  }

  all(): readonly A[] {
    return [...this.accounts];
  }

  some(ids: readonly string[]): readonly A[] {
    return ids.flatMap((id) => this.get(id) ?? []);
  }

  get(id: string): A | undefined {
    const position = this.positions.get(id);
    return position === undefined ? undefined : this.accounts[position];
  }

  positionOf(id: string): number | undefined {
    return this.positions.get(id);
  }

  /** Replaces the account of the same id, or adds it at the end. */
  put(account: A): void {
    const position = this.positions.get(account.id) ?? this.accounts.length;
    this.positions.set(account.id, position);
    this.accounts[position] = account;
  }
}
