import { describe, expect, it } from 'vitest';
import type { Account, TokenSet } from '../../../src/core/accounts/account.js';
import { nextTokens, spread } from '../../../src/core/lineage/rotation.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { Secret } from '../../../src/core/secret.js';
import { accountOf, testRoot, tokensOf } from '../../support/stored-accounts.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };

/** The records after `id` received tokens for the spent `rt-1`. */
async function afterRotation(accounts: readonly Account[], id: string, received: Partial<TokenSet>) {
  return withStore(testRoot(), {}, (store) => {
    store.savePool(undefined, { ...store.scope(undefined).pool, accounts });
    spread(store, id, received, new Secret('rt-1'));
    return store.scope(undefined).pool.accounts;
  });
}

const refreshes = (accounts: readonly Account[]) => accounts.map(({ tokens }) => tokens.refreshToken?.reveal());

describe('new tokens', () => {
  it('replace the refresh token of everybody who held the spent one, and the access token of one', async () => {
    const [a, b, c] = [
      accountOf('a', alice),
      accountOf('b', { ...alice, accountId: 'acc-b' }),
      accountOf('c', { refresh: 'rt-c' }),
    ];
    const received = tokensOf({ ...alice, iat: 5, refresh: 'rt-2' });
    const after = await afterRotation([a, b, c], 'a', received);
    expect(refreshes(after)).toEqual(['rt-2', 'rt-2', 'rt-c']);
    expect(after[0]?.tokens.accessToken?.equals(received.accessToken)).toBe(true);
    expect(after[1]?.tokens.accessToken?.equals(b.tokens.accessToken)).toBe(true);
    expect(after.map(({ tokens }) => tokens.generation)).toEqual([2, 2, 1]);
  });

  it.each([
    ['workspace', { ...alice, accountId: 'acc-other' }],
    ['person', { ...alice, userId: 'user-bob' }],
  ])('of another %s give the record no more than the refresh token', async (_whose, whose) => {
    const before = accountOf('a', alice);
    const [after] = await afterRotation([before], 'a', tokensOf({ ...whose, iat: 5, refresh: 'rt-2' }));
    expect(after?.tokens.refreshToken?.reveal()).toBe('rt-2');
    expect(after?.tokens.accessToken?.equals(before.tokens.accessToken)).toBe(true);
    expect(after).toMatchObject(alice);
  });

  it('say what the account is called now, and correct an organization id', async () => {
    const before = accountOf('a', { accountId: 'org-1', email: 'old@example.com' });
    const [after] = await afterRotation([before], 'a', tokensOf({ ...alice, planType: 'team', refresh: 'rt-2' }));
    expect(after).toMatchObject({ ...alice, planType: 'team' });
  });
});

describe('what an answer leaves out', () => {
  const before = tokensOf({ ...alice, exp: 99, lastRefresh: 1 });

  it('keeps its old value', () => {
    const after = nextTokens(before, { refreshToken: new Secret('rt-2') });
    expect(after).toMatchObject({ expiresAt: 99_000, lastRefresh: 1, generation: 2 });
    expect(after.idToken?.equals(before.idToken)).toBe(true);
  });

  it('does not lend the end of the old access token to the new one', () => {
    expect(nextTokens(before, { accessToken: new Secret('opaque') })).not.toHaveProperty('expiresAt');
  });
});
