import type { Account, FlaggedAccount } from '../../accounts/account.js';
import type { Pool } from '../../accounts/pool.js';
import type { Secret } from '../../secret.js';
import { type Duplicates, mergeCopies } from './duplicates.js';
import type { CopyPlace } from './repair.js';
import type { RepairScope } from './world.js';

/** The scopes with each account's records merged into the one that stays, and the others gone from its file. Pure. */
export function withMerged<S extends RepairScope>(
  scopes: readonly S[],
  groups: readonly Duplicates[],
  isSpent: (token: Secret) => boolean = () => false,
): S[] {
  return groups.reduce<S[]>(
    (current, group) => {
      const [{ place: kept }, ...others] = group;
      const merged = mergeCopies(group, isSpent);
      const beside = others
        .map(({ place }) => place)
        .filter((each) => each.scopeKey === kept.scopeKey && each.part === kept.part);
      const isKept = (place: CopyPlace) => isSamePlace(place, kept);
      // Spread over the record, which so keeps what only its file has, such as why it was set aside.
      const settle = <A extends Account>(account: A, place: CopyPlace): A =>
        isKept(place) ? { ...account, ...merged } : account;
      return withoutCopies(current, beside, kept).map((scope) => mapScope(scope, settle));
    },
    [...scopes],
  );
}

/** The scopes without the records that have been merged into another one, which may be in another file. Pure. */
export function withoutOthers<S extends RepairScope>(scopes: readonly S[], groups: readonly Duplicates[]): S[] {
  return groups.reduce<S[]>(
    (current, [kept, ...others]) =>
      withoutCopies(
        current,
        others.map(({ place }) => place),
        kept.place,
      ),
    [...scopes],
  );
}

function mapScope<S extends RepairScope>(scope: S, change: <A extends Account>(account: A, place: CopyPlace) => A): S {
  const { key: scopeKey, pool, flagged } = scope;
  const accounts = pool.accounts.map((each) => change(each, { accountId: each.id, scopeKey, part: 'pool' }));
  const setAside = flagged.accounts.map((each) => change(each, { accountId: each.id, scopeKey, part: 'flagged' }));
  return { ...scope, pool: { ...pool, accounts }, flagged: { ...flagged, accounts: setAside } };
}

/**
 * The scopes without the records in `gone`. Choices of one mean `heir` from then on, where that is in the same pool.
 */
function withoutCopies<S extends RepairScope>(scopes: readonly S[], gone: readonly CopyPlace[], heir: CopyPlace): S[] {
  return scopes.map((scope) => {
    const { key: scopeKey, pool, flagged } = scope;
    const isGone = (part: CopyPlace['part']) => (account: Account) =>
      gone.some((place) => isSamePlace(place, { accountId: account.id, scopeKey, part }));
    const outgoing = pool.accounts.filter(isGone('pool')).map(({ id }) => id);
    const isHeirHere = heir.scopeKey === scopeKey && heir.part === 'pool';
    const named = isHeirHere && outgoing.length > 0 ? renamed(pool, outgoing, heir.accountId) : pool;
    return {
      ...scope,
      pool: { ...named, accounts: without<Account>(named.accounts, isGone('pool')) },
      flagged: { ...flagged, accounts: without<FlaggedAccount>(flagged.accounts, isGone('flagged')) },
    };
  });
}

function without<A extends Account>(accounts: readonly A[], isGone: (account: Account) => boolean): A[] {
  return accounts.filter((account) => !isGone(account));
}

function renamed(pool: Pool, gone: readonly string[], heir: string): Pool {
  const name = (id: string) => (gone.includes(id) ? heir : id);
  const { activeId, previousId, ...others } = pool;
  const active = activeId === undefined ? undefined : name(activeId);
  const previous = previousId === undefined ? undefined : name(previousId);
  return {
    ...others,
    ...(active === undefined ? {} : { activeId: active }),
    ...(previous === undefined || previous === active ? {} : { previousId: previous }),
    activeIdByFamily: Object.fromEntries(
      Object.entries(pool.activeIdByFamily).map(([family, id]) => [family, name(id)]),
    ),
  };
}

function isSamePlace(a: CopyPlace, b: CopyPlace): boolean {
  return a.accountId === b.accountId && a.scopeKey === b.scopeKey && a.part === b.part;
}
