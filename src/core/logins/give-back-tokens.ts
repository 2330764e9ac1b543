import type { Account, TokenSet } from '../accounts/account.js';
import { wasRemoved } from '../accounts/pool.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { changeRecords } from '../pools/change-records.js';
import { keepRecord } from '../pools/kept-record.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { enrol, findAnywhere } from './enrolment.js';
import { holdsForeignTokens, isForeign, sharesItsLogin } from './foreign-tokens.js';
import { logLineage } from './lineage-log.js';
import { takeCopy } from './take-copy.js';

/** The tokens that stay with the record, and those that are another one's. */
function sortTokens(account: Account, records: readonly Account[]): { own: TokenSet; foreign?: TokenSet } {
  const { accessToken, idToken, expiresAt, refreshToken, lastRefresh, generation } = account.tokens;
  const ownId = isForeign(account, 'idToken') ? undefined : idToken;
  // The refresh token goes with the access token, with which it was issued.
  const isOnlyId = accessToken !== undefined && !isForeign(account, 'accessToken');
  if (isOnlyId) return { own: definedOnly({ ...account.tokens, idToken: ownId }) };
  const own = definedOnly({ generation, idToken: ownId });
  if (sharesItsLogin(account, records)) return { own: definedOnly({ ...own, refreshToken, lastRefresh }) };
  const foreignId = ownId === undefined ? idToken : undefined;
  return {
    own,
    foreign: definedOnly({ generation, accessToken, expiresAt, refreshToken, lastRefresh, idToken: foreignId }),
  };
}

/**
 * Gives the tokens of a record to the account that they name, unless that has newer ones, or makes them an account. The
 * record stays, with what is its own. Returns where a login went that has no place in a pool.
 */
export function giveBackTokens(store: Store, accountId: string): string | undefined {
  const records = recordsOf(store.scopes());
  const account = records.find(({ id }) => id === accountId);
  if (account === undefined || !holdsForeignTokens(account)) return undefined;
  const { own, foreign } = sortTokens(account, records);
  // First where they go: at no instant they are nowhere.
  const keptFile = foreign && settle(store, account, foreign);
  changeRecords(store, (each) => (each.id === accountId ? { ...each, tokens: own } : each));
  return keptFile;
}

function settle(store: Store, { provenance }: Account, tokens: TokenSet): string | undefined {
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
  const { wasNewer, before, after } = takeCopy(store, owner.account, { source: 'import', tokens });
  const isKnown = tokens.refreshToken === undefined || tokens.refreshToken.equals(owner.account.tokens.refreshToken);
  if (!wasNewer) return isKnown ? undefined : keep(store, login);
  logLineage(store.root, { event: 'adopted', accountId: owner.account.id, before, after, detail: 'given back' });
  return undefined;
}

function keep(store: Store, login: Pick<Account, 'tokens' | 'provenance'>): string {
  const account: Account = {
    id: 'acc_given_back',
    enabled: true,
    raw: {},
    ...identityOfTokens(login.tokens),
    ...login,
  };
  return keepRecord(store.root, 'foreign-tokens', account);
}
