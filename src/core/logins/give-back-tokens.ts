import type { Account, TokenSet } from '../accounts/account.js';
import { wasRemoved } from '../accounts/pool.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { holdsForeignTokens, isForeign, seemsToHoldForeignTokens, sharesItsLogin } from '../lineage/foreign-tokens.js';
import { logLineage } from '../lineage/lineage-log.js';
import { changeRecords } from '../pools/change-records.js';
import { keepRecord } from '../pools/kept-record.js';
import { recordsOf } from '../pools/scope-records.js';
import { inOneWrite, type RecordStore } from '../pools/store.js';
import { enrol, findAnywhere } from './enrolment.js';
import { type OutsideCopy, type TakenCopy, takeCopy } from './take-copy.js';

/** The tokens that stay with the record, and those that are another account's. */
function sortTokens(account: Account, records: readonly Account[]): { own: TokenSet; foreign?: TokenSet } {
  const { accessToken, idToken, expiresAt, refreshToken, lastRefresh, generation } = account.tokens;
  const ownId = isForeign(account, 'idToken') ? undefined : idToken;
  // The refresh token goes with the access token of its answer; where that is opaque, the id token tells whose it is.
  const isOnlyId = saysWhose(accessToken) && !isForeign(account, 'accessToken');
  if (isOnlyId) return { own: definedOnly({ ...account.tokens, idToken: ownId }) };
  const own = definedOnly({ generation, idToken: ownId });
  if (sharesItsLogin(account, records)) return { own: definedOnly({ ...own, refreshToken, lastRefresh }) };
  const foreignId = ownId === undefined ? idToken : undefined;
  return {
    own,
    foreign: definedOnly({ generation, accessToken, expiresAt, refreshToken, lastRefresh, idToken: foreignId }),
  };
}

function saysWhose(token: TokenSet['accessToken']): boolean {
  const { userId, accountId, email } = identityOfTokens(definedOnly({ accessToken: token }));
  return (userId ?? accountId ?? email) !== undefined;
}

/** The record without the tokens of another account. */
export function withOwnTokens<A extends Account>(account: A, records: readonly Account[]): A {
  return seemsToHoldForeignTokens(account) ? { ...account, tokens: sortTokens(account, records).own } : account;
}

/**
 * {@link giveBackTokens} for every record, in one go for an import of many logins. Returns the records that held
 * another account's tokens, as they were.
 */
export function giveAllBack(store: RecordStore): Account[] {
  const mixedUp = recordsOf(store.scopes()).filter(seemsToHoldForeignTokens);
  for (const { id } of mixedUp) giveBackTokens(store, id);
  return mixedUp;
}

/**
 * Gives the tokens of a record to the account that they name, unless that has newer ones, or makes an account of them.
 * The record stays, with the tokens that are its own. Returns the kept file of a login that has no place in a pool.
 */
export function giveBackTokens(store: RecordStore, accountId: string): string | undefined {
  const records = recordsOf(store.scopes());
  const account = records.find(({ id }) => id === accountId);
  if (account === undefined || !holdsForeignTokens(account)) return undefined;
  const { own, foreign } = sortTokens(account, records);
  let keptFile: string | undefined;
  // Two records can hold each other's tokens: a record that gets its own gives the others away in the same write.
  inOneWrite(store, (draft) => {
    changeRecords(draft, (each) => (each.id === accountId ? { ...each, tokens: own } : each));
    keptFile = foreign && settle(draft, account, foreign);
  });
  return keptFile;
}

/** {@link takeCopy} for a record that may hold another account's tokens: these are given back first, and not lost. */
export function takeLogin(store: RecordStore, account: Account, copy: OutsideCopy): TakenCopy {
  giveBackTokens(store, account.id);
  const current = recordsOf(store.scopes()).find(({ id }) => id === account.id) ?? account;
  return takeCopy(store, current, copy);
}

function settle(store: RecordStore, { provenance }: Account, tokens: TokenSet): string | undefined {
  const identity = identityOfTokens(tokens);
  const login = definedOnly({ identity, tokens, provenance });
  const owner = findAnywhere(store, identity);
  if (owner === undefined) {
    if (store.scopes().some(({ pool }) => wasRemoved(pool, identity))) return keep(store, login);
    const { account } = enrol(store, login, undefined);
    logLineage(store.root, {
      event: 'adopted',
      accountId: account.id,
      after: tokens.refreshToken,
      detail: 'given back',
    });
    return undefined;
  }
  const { wasNewer, before, after } = takeLogin(store, owner.account, { source: 'import', tokens });
  const isKnown = tokens.refreshToken === undefined || tokens.refreshToken.equals(before);
  if (!wasNewer) return isKnown ? undefined : keep(store, login);
  logLineage(store.root, { event: 'adopted', accountId: owner.account.id, before, after, detail: 'given back' });
  return undefined;
}

function keep(store: RecordStore, login: Pick<Account, 'tokens' | 'provenance'>): string {
  const account: Account = {
    id: 'acc_given_back',
    enabled: true,
    raw: {},
    ...identityOfTokens(login.tokens),
    ...login,
  };
  return keepRecord(store.root, 'foreign-tokens', account);
}
