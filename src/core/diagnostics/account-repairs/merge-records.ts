import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../../accounts/account.js';
import type { Binding } from '../../bindings/binding.js';
import { definedOnly } from '../../defined-only.js';
import type { AccountKnowledge, AccountState } from '../../health/account-state.js';
import { knownSpent } from '../../lineage/lineage-log.js';
import { keepRecord } from '../../pools/kept-record.js';
import type { Store } from '../../pools/store.js';
import type { Secret } from '../../secret.js';
import { type Duplicates, findDuplicates, mergeCopies, unflagged } from './duplicates.js';
import { withMerged, withoutOthers } from './merged-scopes.js';
import type { StoredRepair } from './repair.js';
import type { RepairScope } from './world.js';

type Merge = Extract<StoredRepair, { kind: 'merge-duplicates' }>;

/**
 * Merges the records of each account into one. Files with a record that stays are written first, and the other records
 * are removed afterwards: at every instant one of them has the newest tokens. Returns where other logins are, by
 * repair.
 */
export function mergeRecords(store: Store, repairs: readonly StoredRepair[]): ReadonlyMap<StoredRepair, string[]> {
  const found = findDuplicates(store.scopes());
  const merges = repairs.flatMap((repair) => {
    const group = repair.kind === 'merge-duplicates' ? found.find((each) => isAbout(repair, each)) : undefined;
    return group === undefined ? [] : [{ repair, group }];
  });
  const groups = merges.map(({ group }) => group);
  const isSpent = knownSpent(store.root);
  const keptFiles = new Map(
    merges.map(({ repair, group }) => [repair, keepOtherLogins(store, group, isSpent)] as const),
  );
  save(store, withMerged(store.scopes(), groups, isSpent));
  store.changeBindings((all) => groups.reduce(withKept, all));
  save(store, withoutOthers(store.scopes(), groups));
  return keptFiles;
}

/** The bindings with directories of a merged copy bound to the record that stays. */
function withKept(bindings: readonly Binding[], [kept, ...copies]: Duplicates): readonly Binding[] {
  const { id } = kept.account;
  const isOfCopy = ({ accountId }: Binding) =>
    accountId !== id && copies.some(({ account }) => account.id === accountId);
  return bindings.some(isOfCopy)
    ? bindings.map((each) => (isOfCopy(each) ? { ...each, accountId: id } : each))
    : bindings;
}

function isAbout({ accountId, scopeKey, part, others }: Merge, [kept, ...copies]: Duplicates): boolean {
  return isDeepStrictEqual(
    [{ accountId, scopeKey, part }, ...others],
    [kept, ...copies].map(({ place }) => place),
  );
}

/** Keeps records with an unspent login of their own, which `import` can bring back. Returns the paths. */
function keepOtherLogins(store: Store, group: Duplicates, isSpent: (token: Secret) => boolean): string[] {
  const { refreshToken } = mergeCopies(group, isSpent).tokens;
  const isOther = ({ account: { tokens } }: Duplicates[number]) =>
    tokens.refreshToken !== undefined && !tokens.refreshToken.equals(refreshToken) && !isSpent(tokens.refreshToken);
  return group.filter(isOther).map(({ account }) => keepRecord(store.root, 'duplicate-account', unflagged(account)));
}

function save(store: Store, scopes: readonly RepairScope[]): void {
  for (const { key, pool, flagged } of scopes) {
    const before = store.scope(key);
    if (isChanged(pool.accounts, before.pool.accounts)) store.savePool(key, pool);
    if (isChanged(flagged.accounts, before.flagged.accounts)) store.saveFlagged(key, flagged);
  }
}

function isChanged(after: readonly Account[], before: readonly Account[]): boolean {
  return after.length !== before.length || after.some((account, index) => account !== before[index]);
}

/**
 * Gives the account what is known of all its records, the latest of each kind, and their conversations; its own ratio
 * stays.
 */
export function inheritKnowledge(state: AccountState, { accountId, others }: Merge): AccountState {
  const gone = others.map((each) => each.accountId).filter((id) => id !== accountId);
  const known = [accountId, ...gone].flatMap((id) => state.accounts[id] ?? []);
  const named = Object.values(state.affinity).map((entry) => entry.accountId);
  if (!gone.some((id) => id in state.accounts || named.includes(id))) return state;
  const accounts = Object.fromEntries(Object.entries(state.accounts).filter(([id]) => !gone.includes(id)));
  const affinity = Object.entries(state.affinity).map(([session, entry]) => {
    return [session, gone.includes(entry.accountId) ? { ...entry, accountId } : entry] as const;
  });
  return {
    ...state,
    accounts: known.length === 0 ? accounts : { ...accounts, [accountId]: latestOf(known) },
    affinity: Object.fromEntries(affinity),
  };
}

function latestOf(known: readonly AccountKnowledge[]): AccountKnowledge {
  const latest = latestAmong(known);
  const quota = latest('quota', ({ observedAt }) => observedAt);
  const refusal = latest('refusal', ({ at }) => at);
  // The provider lets the account in again where it has told its quota since.
  const isOver = refusal !== undefined && quota !== undefined && quota.observedAt > refusal.at;
  return definedOnly({
    health: latest('health', ({ at }) => at),
    quota,
    recovery: latest('recovery', ({ at }) => at),
    refusal: isOver ? undefined : refusal,
  });
}

function latestAmong(known: readonly AccountKnowledge[]) {
  return <Kind extends keyof AccountKnowledge>(
    kind: Kind,
    timeOf: (fact: NonNullable<AccountKnowledge[Kind]>) => number,
  ): AccountKnowledge[Kind] => {
    const facts = known.flatMap((each) => each[kind] ?? []);
    return facts.reduce<(typeof facts)[number] | undefined>(
      (newest, fact) => (newest === undefined || timeOf(fact) > timeOf(newest) ? fact : newest),
      undefined,
    );
  };
}
