import { isDeepStrictEqual } from 'node:util';
import type { Account, FlaggedAccount } from '../accounts/account.js';
import type { Pool } from '../accounts/pool.js';
import type { Binding } from '../bindings/binding.js';
import { readBindings, withBinding, withoutBinding } from '../bindings/registry.js';
import { encodeAccount, encodeFlaggedAccount } from '../pools/account-codec.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { type Choice, type Place, type Settings, type Step, scopeOf } from './change.js';

interface Found {
  readonly account: Account | FlaggedAccount;
  readonly place: Place;
}

/** What the person would see as different between two states of all scopes. Other tokens are no difference. */
export function stepsBetween(before: readonly ScopeRecords[], after: readonly ScopeRecords[]): Step[] {
  const [was, is] = [placesIn(before), placesIn(after)];
  const steps: Step[] = [];
  for (const [id, { account, place }] of was) {
    const now = is.get(id);
    if (now === undefined) {
      const record = 'flag' in account ? encodeFlaggedAccount(account) : encodeAccount(account);
      steps.push({ kind: 'removed', id, before: place, record: { ...record } });
      continue;
    }
    if (now.account === account) continue;
    const [set, sets] = [settingsOf(account), settingsOf(now.account)];
    if (!isDeepStrictEqual(set, sets)) steps.push({ kind: 'settings', id, before: set, after: sets });
    const hasMoved = place.scope !== now.place.scope || place.isSetAside !== now.place.isSetAside;
    if (hasMoved) steps.push({ kind: 'place', id, before: place, after: now.place });
  }
  for (const [id, { place }] of is) if (!was.has(id)) steps.push({ kind: 'added', id, after: place });
  for (const { key, pool } of after) steps.push(...poolSteps(key, before.find((each) => each.key === key)?.pool, pool));
  return steps;
}

function poolSteps(key: string | undefined, before: Pool | undefined, after: Pool): Step[] {
  if (before === undefined || before === after) return [];
  const scope = scopeOf(key);
  const [was, is] = [choiceOf(before), choiceOf(after)];
  const choice: Step[] = isDeepStrictEqual(was, is) ? [] : [{ kind: 'choice', scope, before: was, after: is }];
  const forgotten = before.removed.filter((removal) => !after.removed.some((each) => isDeepStrictEqual(each, removal)));
  return [...choice, ...forgotten.map((removal): Step => ({ kind: 'remembered', scope, removal }))];
}

/** Every account by its id; in the pool first, where it is in both. */
function placesIn(scopes: readonly ScopeRecords[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { key, pool, flagged } of scopes) {
    for (const [isSetAside, list] of [
      [false, pool.accounts],
      [true, flagged.accounts],
    ] as const) {
      for (const [position, account] of list.entries()) {
        if (found.has(account.id)) continue;
        found.set(account.id, { account, place: { scope: scopeOf(key), isSetAside, position } });
      }
    }
  }
  return found;
}

export function settingsOf({ label, enabled, priority, reservePercent }: Account): Settings {
  return { label: label ?? null, enabled, priority: priority ?? null, reservePercent: reservePercent ?? null };
}

/** The choice of a pool, as far as the pool still holds the accounts that it names. */
export function choiceOf({ accounts, activeId, previousId }: Pool): Choice {
  const known = (wanted: string | undefined) => (accounts.some(({ id }) => id === wanted) ? (wanted ?? null) : null);
  return { active: known(activeId), previous: known(previousId) };
}

/**
 * Binds a directory, or with null takes its binding away. Returns the step by which that can be taken back; none where
 * nothing is new.
 */
export function changeBinding(store: Store, directory: string, after: Binding | null): Step[] {
  const before = readBindings(store.root).find((each) => each.directory === directory) ?? null;
  if (before?.accountId === after?.accountId) return [];
  store.changeBindings((all) => (after === null ? withoutBinding(all, directory) : withBinding(all, after)));
  return [{ kind: 'binding', directory, before, after }];
}

/** Takes away the bindings of an account that goes. Its directories are never bound to another account by that. */
export function unbindAccount(store: Store, accountId: string): Step[] {
  const bound = readBindings(store.root).filter((each) => each.accountId === accountId);
  return bound.flatMap(({ directory }) => changeBinding(store, directory, null));
}
