import { definedOnly } from '../defined-only.js';
import { readClaims } from '../oauth/jwt-claims.js';
import type { Secret } from '../secret.js';
import { withoutFlag } from '../storage/account-codec.js';
import { nextTokens } from '../storage/rotation.js';
import type { Store } from '../storage/store.js';
import {
  type Account,
  type AuthFileExtras,
  type FlaggedAccount,
  newAccountId,
  type Provenance,
  type TokenSet,
} from './account.js';
import { type Identity, isSameAccount } from './identity.js';
import { withAccount, withoutAccount, withoutTombstone } from './pool.js';

/** A login that has just been proven: by our own sign-in, or found in `auth.json`. */
export interface ProvenLogin {
  readonly identity: Identity & { readonly planType?: string };
  readonly tokens: TokenSet;
  readonly extras?: AuthFileExtras;
  readonly provenance?: Provenance;
  readonly label?: string;
  readonly workspaceName?: string;
}

export interface Enrolment {
  readonly account: Account;
  /** Where it lives: signing in to an account that lives elsewhere updates it there (DESIGN §5). */
  readonly scopeKey: string | undefined;
  readonly outcome: 'added' | 'updated' | 'restored';
}

/**
 * Puts a proven login into the store: over the same identity wherever it lives, out of the flagged file where it was
 * set aside, or as a new account of the given scope. Label, enabled flag and position stay. Forgets a removal.
 */
export function enrol(store: Store, login: ProvenLogin, scopeKey: string | undefined): Enrolment {
  const enrolment = place(store, login, scopeKey);
  forgetRemoval(store, login.identity);
  return enrolment;
}

function place(store: Store, login: ProvenLogin, scopeKey: string | undefined): Enrolment {
  const known = findInPools(store, login.identity);
  if (known !== undefined) return update(store, known.account, known.scopeKey, login);
  const flagged = findFlagged(store, login.identity);
  if (flagged !== undefined) return restore(store, flagged.account, flagged.scopeKey, login);
  const account: Account = {
    id: newAccountId(),
    enabled: true,
    addedAt: store.root.clock.now(),
    raw: {},
    ...fieldsOf(login),
    tokens: login.tokens,
  };
  save(store, scopeKey, account);
  return { account, scopeKey, outcome: 'added' };
}

interface Located<A extends Account> {
  readonly account: A;
  readonly scopeKey: string | undefined;
}

export function findInPools(store: Pick<Store, 'scopes'>, identity: Identity): Located<Account> | undefined {
  for (const { key, pool } of store.scopes()) {
    const account = pool.accounts.find((each) => isSameAccount(each, identity));
    if (account !== undefined) return { account, scopeKey: key };
  }
  return undefined;
}

export function findFlagged(store: Pick<Store, 'scopes'>, identity: Identity): Located<FlaggedAccount> | undefined {
  for (const { key, flagged } of store.scopes()) {
    const account = flagged.accounts.find((each) => isSameAccount(each, identity));
    if (account !== undefined) return { account, scopeKey: key };
  }
  return undefined;
}

function update(store: Store, before: Account, scopeKey: string | undefined, login: ProvenLogin): Enrolment {
  const account = withLogin(before, login);
  save(store, scopeKey, account);
  return { account, scopeKey, outcome: 'updated' };
}

/** Destination first, then source: a crash between the two leaves the account in both, never in neither. */
function restore(store: Store, before: FlaggedAccount, scopeKey: string | undefined, login: ProvenLogin): Enrolment {
  const account = { ...withLogin(withoutFlag(before), login), movedAt: store.root.clock.now() };
  save(store, scopeKey, account);
  store.saveFlagged(scopeKey, withoutAccount(store.scope(scopeKey).flagged, before.id));
  return { account, scopeKey, outcome: 'restored' };
}

function save(store: Store, scopeKey: string | undefined, account: Account): void {
  store.savePool(scopeKey, withAccount(store.scope(scopeKey).pool, account));
}

function forgetRemoval(store: Store, identity: Identity): void {
  for (const { key, pool } of store.scopes()) {
    const remembered = withoutTombstone(pool, identity);
    if (remembered !== pool) store.savePool(key, remembered);
  }
}

function withLogin(before: Account, login: ProvenLogin): Account {
  return { ...before, ...fieldsOf(login), tokens: nextTokens(before.tokens, login.tokens) };
}

function fieldsOf(login: ProvenLogin): Partial<Account> {
  const { tokens: _, identity, extras, ...rest } = login;
  return { ...identity, ...rest, ...definedOnly({ authFile: extras }) };
}

/** Who the tokens belong to, by their own claims; the id token speaks first. */
export function identityOfTokens(tokens: TokenSet): ProvenLogin['identity'] {
  const { userId, accountId, email, planType } = { ...claims(tokens.accessToken), ...claims(tokens.idToken) };
  return definedOnly({ userId, accountId, email, planType });
}

function claims(token: Secret | undefined): ReturnType<typeof readClaims> {
  return token === undefined ? undefined : readClaims(token.reveal());
}
