import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { logLineage } from '../../../src/core/lineage/lineage-log.js';
import { takeCopy } from '../../../src/core/logins/take-copy.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { Secret } from '../../../src/core/secret.js';
import { accountOf, type TokenWords, testRoot, tokensOf } from '../../support/stored-accounts.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com', iat: 20 };
const atStudio = { ...alice, accountId: 'acc-studio', iat: 10 };

/** The refresh tokens of the records after the first took a copy from a file; `spent` are tokens we spent before. */
async function afterCopy(accounts: readonly [Account, ...Account[]], words: TokenWords, spent: readonly string[] = []) {
  const root = testRoot();
  return withStore(root, {}, (store) => {
    store.savePool(undefined, { ...store.scope(undefined).pool, accounts });
    for (const token of spent) {
      logLineage(root, { event: 'refreshed', accountId: 'a', before: new Secret(token), after: new Secret('rt-next') });
    }
    takeCopy(store, accounts[0], { source: 'import', tokens: tokensOf(words) });
    return store.scope(undefined).pool.accounts.map(({ tokens }) => tokens.refreshToken?.reveal());
  });
}

describe('a copy of a login', () => {
  const studio = accountOf('studio', { ...atStudio, refresh: 'rt-2', lastRefresh: 3 });
  const home = accountOf('home', { ...alice, refresh: 'rt-2' });

  it('that is newer replaces the token in every record that shared it', async () => {
    expect(await afterCopy([studio, home], { ...atStudio, iat: 11, refresh: 'rt-3' })).toEqual(['rt-3', 'rt-3']);
  });

  it('with an older access token is older, however late it says it was refreshed', async () => {
    const stale = { ...atStudio, iat: 9, refresh: 'rt-1', lastRefresh: 9_000 };
    expect(await afterCopy([studio, home], stale)).toEqual(['rt-2', 'rt-2']);
  });

  it('with the same access token is newer when it was refreshed later', async () => {
    const later = { ...atStudio, refresh: 'rt-3', lastRefresh: 4 };
    expect(await afterCopy([studio, home], later)).toEqual(['rt-3', 'rt-3']);
  });

  // A refresh by the other workspace has replaced the token, and pools of other tools do not say when.
  const undated = accountOf('studio', { ...atStudio, refresh: 'rt-2' });

  it('with the same access token is not newer for telling a time where our record has none', async () => {
    const old = { ...atStudio, refresh: 'rt-1', lastRefresh: 5 };
    expect(await afterCopy([undated, home], old)).toEqual(['rt-2', 'rt-2']);
  });

  it('counts then all the same where ours is a token that we have spent', async () => {
    const next = { ...atStudio, refresh: 'rt-3', lastRefresh: 5 };
    expect(await afterCopy([undated, home], next, ['rt-2'])).toEqual(['rt-3', 'rt-3']);
  });
});
