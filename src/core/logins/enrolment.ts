import {
  type Account,
  type AuthFileExtras,
  type FlaggedAccount,
  newAccountId,
  type Provenance,
  type TokenSet,
} from '../accounts/account.js';
import { findSame, type Identity } from '../accounts/identity.js';
import { withAccount, withoutAccount, withoutTombstone } from '../accounts/pool.js';
import type { TokenIdentity } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { nextTokens } from '../lineage/rotation.js';
import { withoutFlag } from '../pools/account-codec.js';
import { keepRecord } from '../pools/kept-record.js';
import { moveTime } from '../pools/moves.js';
import type { RecordStore } from '../pools/store.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';

/** A login that has just been proven: by our own sign-in, or found in `auth.json`. */
export interface ProvenLogin {
  readonly identity: TokenIdentity;
  readonly tokens: TokenSet;
  readonly extras?: AuthFileExtras;
  readonly provenance?: Provenance;
  readonly label?: string;
  readonly workspaceName?: string;
}

export interface Enrolment {
  readonly account: Account;
  /** Where it lives: signing in to an account that lives elsewhere updates it there. */
  readonly scopeKey: string | undefined;
  readonly outcome: 'added' | 'updated' | 'restored';
  /**
   * Where the account's login from before is kept, when another provider issued it: the new one is no successor of it.
   */
  readonly keptFile?: string;
}

/**
 * Puts a proven login into the store: over the same identity wherever it lives, out of the flagged file where it was
 * set aside, or as a new account of the given scope. Label, enabled flag and position stay. Forgets a removal.
 */
export function enrol(
  store: RecordStore,
  login: ProvenLogin,
  scopeKey: string | undefined,
  newId = newAccountId(),
): Enrolment {
  const keptFile = keepForeign(store, login);
  const enrolment = place(store, login, scopeKey, newId);
  forgetRemoval(store, login.identity);
  return { ...enrolment, ...definedOnly({ keptFile }) };
}

function keepForeign(store: RecordStore, login: ProvenLogin): string | undefined {
  const before = findAnywhere(store, login.identity)?.account;
  if (before === undefined || !areOfDifferentIssuers(before, login)) return undefined;
  return keepRecord(store.root, 'replaced-login', before);
}

function place(store: RecordStore, login: ProvenLogin, scopeKey: string | undefined, newId: string): Enrolment {
  const known = findAnywhere(store, login.identity);
  if (known?.flagged !== undefined) return restore(store, known.flagged, known.scopeKey, login);
  if (known !== undefined) return update(store, known.account, known.scopeKey, login);
  const account: Account = {
    id: newId,
    enabled: true,
    addedAt: store.root.clock.now(),
    raw: {},
    ...fieldsOf(login),
    tokens: login.tokens,
  };
  save(store, scopeKey, account);
  return { account, scopeKey, outcome: 'added' };
}

/** An account of the root; `flagged` is the same record where it was set aside. */
interface Found {
  readonly account: Account;
  readonly scopeKey: string | undefined;
  readonly flagged?: FlaggedAccount;
}

/** The record of this login in any pool or flagged file of the root. */
export function findAnywhere(store: Pick<RecordStore, 'scopes'>, identity: Identity): Found | undefined {
  const usable = store
    .scopes()
    .flatMap(({ key, pool }) => pool.accounts.map((account) => ({ account, scopeKey: key })));
  const setAside = store
    .scopes()
    .flatMap(({ key, flagged }) => flagged.accounts.map((account) => ({ account, flagged: account, scopeKey: key })));
  const all: Found[] = [...usable, ...setAside];
  const same = findSame(
    all.map(({ account }) => account),
    identity,
  );
  return all.find(({ account }) => account === same);
}

function update(store: RecordStore, before: Account, scopeKey: string | undefined, login: ProvenLogin): Enrolment {
  const account = withLogin(before, login);
  save(store, scopeKey, account);
  return { account, scopeKey, outcome: 'updated' };
}

/** Destination first, then source: a crash between the two leaves the account in both, never in neither. */
function restore(
  store: RecordStore,
  before: FlaggedAccount,
  scopeKey: string | undefined,
  login: ProvenLogin,
): Enrolment {
  const account = { ...withLogin(withoutFlag(before), login), movedAt: moveTime(before, store.root.clock.now()) };
  save(store, scopeKey, account);
  store.saveFlagged(scopeKey, withoutAccount(store.scope(scopeKey).flagged, before.id));
  return { account, scopeKey, outcome: 'restored' };
}

function save(store: RecordStore, scopeKey: string | undefined, account: Account): void {
  store.savePool(scopeKey, withAccount(store.scope(scopeKey).pool, account));
}

/** An account that comes back on purpose no longer counts as removed by the person. */
export function forgetRemoval(store: RecordStore, identity: Identity): void {
  for (const { key, pool } of store.scopes()) {
    const remembered = withoutTombstone(pool, identity);
    if (remembered !== pool) store.savePool(key, remembered);
  }
}

/** What `auth.json` held beside the account's tokens stays, except where the new login brings other values (P7). */
function withLogin(before: Account, login: ProvenLogin): Account {
  const account = { ...before, ...fieldsOf(login), tokens: nextTokens(before.tokens, login.tokens) };
  if (before.authFile === undefined || login.extras === undefined) return account;
  const { top, tokens } = before.authFile;
  return {
    ...account,
    authFile: { top: { ...top, ...login.extras.top }, tokens: { ...tokens, ...login.extras.tokens } },
  };
}

function fieldsOf(login: ProvenLogin): Partial<Account> {
  const { tokens: _, identity, extras, ...rest } = login;
  return { ...identity, ...rest, ...definedOnly({ authFile: extras }) };
}
