import { isDeepStrictEqual } from 'node:util';
import { type Account, describeAccount, type FlaggedAccount } from '../accounts/account.js';
import { type Pool, withAccount, withoutAccount, withoutTombstone, withTombstone } from '../accounts/pool.js';
import { readBindings, withBinding, withoutBinding } from '../bindings/registry.js';
import type { AuthFileContent } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { isLoginOf, judgeBeside } from '../lineage/foreign-login.js';
import { isKnownSpent } from '../lineage/lineage-log.js';
import { findAnywhere } from '../logins/enrolment.js';
import { takeLogin } from '../logins/give-back-tokens.js';
import { decodeAccount, decodeFlaggedAccount, withoutFlag } from '../pools/account-codec.js';
import { keepRecord } from '../pools/kept-record.js';
import { moveTime, scopeName } from '../pools/moves.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import type { Secret } from '../secret.js';
import { removedAccountStem } from '../storage/kept.js';
import { type Change, keyOfScope, type Place, type Settings, type Step } from './change.js';
import { choiceOf, settingsOf } from './steps-between.js';

/** Why a part of a change stays. */
export type Obstacle = 'gone' | 'changed-since' | 'here-again' | 'spent' | 'unreadable';

export interface LeftStep {
  readonly name: string;
  readonly why: Obstacle;
}

/**
 * Makes of the accounts what they were before a change, as far as nothing else has become of them since. Tokens are never
 * taken back: a record that returns has the newest that anybody here knows, and one that goes is kept aside whole. What
 * has been taken back already is passed over, so that a run which was killed is finished by the next.
 */
export function takeBack(store: Store, { steps }: Change, inUse: AuthFileContent | undefined): LeftStep[] {
  // Records first, because choices and bindings are about what a pool holds.
  const isAbout = ({ kind }: Step) => kind === 'choice' || kind === 'binding';
  const ordered = [...steps].reverse().sort((a, b) => Number(isAbout(a)) - Number(isAbout(b)));
  const login = steps.find((step) => step.kind === 'login')?.before ?? null;
  return ordered.flatMap((step) => undo(store, step, { inUse, login }) ?? []);
}

interface Surroundings {
  /** What the official client has now. */
  readonly inUse: AuthFileContent | undefined;
  /** The account whose login the official client has been given back. */
  readonly login: string | null;
}

function undo(store: Store, step: Step, { inUse, login }: Surroundings): LeftStep | undefined {
  switch (step.kind) {
    case 'settings':
      return undoSettings(store, step);
    case 'place':
      return undoPlace(store, step);
    case 'removed':
      return undoRemoval(store, step, inUse);
    case 'added':
      return undoAddition(store, step);
    case 'choice':
      return undoChoice(store, step, login);
    case 'remembered': {
      const { pool } = store.scope(keyOfScope(step.scope));
      const remembered = withTombstone(pool, definedOnly(step.removal), step.removal.removedAt);
      store.savePool(keyOfScope(step.scope), remembered);
      return undefined;
    }
    case 'binding':
      return undoBinding(store, step);
    case 'login':
      // The `undo` command has switched back before it calls this.
      return undefined;
  }
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

function undoSettings(store: Store, { id, before, after }: StepOf<'settings'>): LeftStep | undefined {
  const found = locate(store, id);
  if (found === undefined) return { name: id, why: 'gone' };
  const now = settingsOf(found.account);
  if (isDeepStrictEqual(now, before)) return undefined;
  if (!isDeepStrictEqual(now, after)) return { name: describeAccount(found.account), why: 'changed-since' };
  replace(store, found, withSettings(found.account, before));
  return undefined;
}

function withSettings<A extends Account>(account: A, { label, enabled, priority, reservePercent }: Settings): A {
  const { label: _label, priority: _priority, reservePercent: _reserve, ...others } = account;
  const set = definedOnly({
    label: label ?? undefined,
    priority: priority ?? undefined,
    reservePercent: reservePercent ?? undefined,
  });
  return { ...others, ...set, enabled } as A;
}

/** The place that the account comes back to is written first: at no instant it is in neither. */
function undoPlace(store: Store, { id, before, after }: StepOf<'place'>): LeftStep | undefined {
  const found = locate(store, id);
  if (found === undefined) return { name: id, why: 'gone' };
  const { account, scope, flagged } = found;
  if (isAt(found, before)) return undefined;
  if (!isAt(found, after)) return { name: describeAccount(account), why: 'changed-since' };
  const movedFrom = scope === keyOfScope(before.scope) ? undefined : scopeName(scope);
  const moved = { ...account, movedAt: moveTime(account, store.root.clock.now()), ...definedOnly({ movedFrom }) };
  if (!before.isSetAside)
    insert(store, before, flagged === undefined ? moved : withoutFlag({ ...moved, flag: flagged.flag }));
  else if (flagged !== undefined) insertFlagged(store, before, { ...moved, flag: flagged.flag });
  else return { name: describeAccount(account), why: 'changed-since' };
  takeOut(store, found);
  return undefined;
}

function undoRemoval(store: Store, step: StepOf<'removed'>, found: AuthFileContent | undefined): LeftStep | undefined {
  const { before, record } = step;
  const account = decodeAccount(record);
  if (account === undefined) return { name: step.id, why: 'unreadable' };
  const name = describeAccount(account);
  const known = locate(store, account.id);
  // An earlier `undo` that was killed may have brought the account back.
  if (known !== undefined && isAt(known, before)) return undefined;
  if (known !== undefined || findAnywhere(store, account) !== undefined) return { name, why: 'here-again' };
  const { refreshToken } = account.tokens;
  const inUse = judgeBeside(found, [...recordsOf(store.scopes()), account]);
  const isHeld = isLoginOf(inUse, account);
  const held = isHeld && inUse?.kind === 'login' ? inUse.login.tokens.refreshToken : undefined;
  const isSpent = (token: Secret | undefined) => token !== undefined && isKnownSpent(store.root, token);
  if (isSpent(refreshToken) && (!isHeld || isSpent(held))) return { name, why: 'spent' };
  const flagged = before.isSetAside ? decodeFlaggedAccount(record) : undefined;
  if (flagged === undefined) insert(store, before, account);
  else insertFlagged(store, before, flagged);
  // The official client may have refreshed the login since.
  if (isHeld && inUse?.kind === 'login') takeLogin(store, account, { ...inUse.login, source: 'auth-file' });
  return undefined;
}

function undoAddition(store: Store, { id, after }: StepOf<'added'>): LeftStep | undefined {
  const found = locate(store, id);
  if (found === undefined) return undefined;
  if (!isAt(found, after)) return { name: describeAccount(found.account), why: 'changed-since' };
  keepRecord(store.root, removedAccountStem, found.account);
  takeOut(store, found);
  return undefined;
}

function undoChoice(
  store: Store,
  { scope, before, after }: StepOf<'choice'>,
  login: string | null,
): LeftStep | undefined {
  const key = keyOfScope(scope);
  const { pool } = store.scope(key);
  const now = choiceOf(pool);
  if (isDeepStrictEqual(now, before)) return undefined;
  // What a pool has lost since cannot be its choice; what another command chose since stays.
  const isOther = now.active !== null && ![after.active, before.active, login].includes(now.active);
  if (isOther) return { name: now.active ?? '', why: 'changed-since' };
  const { activeId: _active, previousId: _previous, ...others } = pool;
  const known = (id: string | null) => (pool.accounts.some((each) => each.id === id) ? (id ?? undefined) : undefined);
  const choice = { activeId: known(before.active), previousId: known(before.previous) };
  store.savePool(key, { ...others, ...definedOnly(choice) });
  return undefined;
}

function undoBinding(store: Store, { directory, before, after }: StepOf<'binding'>): LeftStep | undefined {
  const now = readBindings(store.root).find((binding) => binding.directory === directory) ?? null;
  if (isDeepStrictEqual(now, before)) return undefined;
  if (!isDeepStrictEqual(now, after)) return { name: directory, why: 'changed-since' };
  if (before !== null && locate(store, before.accountId) === undefined) return { name: directory, why: 'gone' };
  store.changeBindings((all) =>
    before === null ? withoutBinding(all, directory) : withBinding(all, definedOnly(before)),
  );
  return undefined;
}

interface Located {
  readonly account: Account;
  readonly scope: string | undefined;
  readonly flagged?: FlaggedAccount;
}

function locate(store: Store, id: string): Located | undefined {
  for (const { key: scope, pool, flagged } of store.scopes()) {
    const account = pool.accounts.find((each) => each.id === id);
    if (account !== undefined) return { account, scope };
    const setAside = flagged.accounts.find((each) => each.id === id);
    if (setAside !== undefined) return { account: setAside, scope, flagged: setAside };
  }
  return undefined;
}

function isAt({ scope, flagged }: Located, place: Place): boolean {
  return scope === keyOfScope(place.scope) && (flagged !== undefined) === place.isSetAside;
}

function replace(store: Store, { scope, flagged }: Located, account: Account): void {
  if (flagged === undefined) store.savePool(scope, withAccount(store.scope(scope).pool, account));
  else store.saveFlagged(scope, withAccount(store.scope(scope).flagged, { ...account, flag: flagged.flag }));
}

function takeOut(store: Store, { account, scope, flagged }: Located): void {
  if (flagged === undefined) store.savePool(scope, withoutAccount(store.scope(scope).pool, account.id));
  else store.saveFlagged(scope, withoutAccount(store.scope(scope).flagged, account.id));
}

function insert(store: Store, { scope, position }: Place, account: Account): void {
  const key = keyOfScope(scope);
  const pool: Pool = withoutTombstone(store.scope(key).pool, account);
  store.savePool(key, { ...pool, accounts: pool.accounts.toSpliced(position, 0, account) });
}

function insertFlagged(store: Store, { scope, position }: Place, account: FlaggedAccount): void {
  const key = keyOfScope(scope);
  const { flagged } = store.scope(key);
  store.saveFlagged(key, { ...flagged, accounts: flagged.accounts.toSpliced(position, 0, account) });
}
