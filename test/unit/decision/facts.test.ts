import { describe, expect, it } from 'vitest';
import type { ShownAccount } from '../../../src/core/accounts/account.js';
import { factsOf } from '../../../src/core/decision/facts.js';
import type { AccountKnowledge } from '../../../src/core/health/account-state.js';
import { Secret } from '../../../src/core/secret.js';
import { accountOf } from '../../support/stored-accounts.js';
import { tokenFor } from '../../support/unsigned-tokens.js';
import { hourMs, now, quota } from './accounts.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };
const bob = { userId: 'user-bob', accountId: 'acc-work', email: 'bob@example.com' };

function facts(accounts: readonly ShownAccount[], knowledge: Readonly<Record<string, AccountKnowledge>> = {}) {
  return factsOf({ accounts, state: { accounts: knowledge, affinity: {}, raw: {} } }, now);
}

const withAccessToken = (expiresAt?: number) => ({
  generation: 1,
  accessToken: new Secret(tokenFor(alice)),
  ...(expiresAt === undefined ? {} : { expiresAt }),
});

it('the facts are those of the record, and what is known of it, in the order of the roster', () => {
  const snapshot = quota({ week: [60, 100] });
  const ratio = { short: '5h', long: '7d', shortPercent: 50, longPercent: 5 };
  const refusal = { code: 'account_deactivated', at: now - hourMs, isLasting: true } as const;
  const health = { score: 40, at: now, consecutiveRefreshFailures: 1 };
  const one = accountOf('a', alice, { priority: 'first', reservePercent: 20, lastUsedAt: now - hourMs });
  const two = accountOf('b', { ...bob, exp: now / 1000 + 60 }, { enabled: false });
  const known = factsOf(
    {
      accounts: [one, two],
      active: { account: two },
      shutOut: new Set(['b']),
      state: { accounts: { a: { quota: snapshot, ratio, refusal, health } }, affinity: {}, raw: {} },
    },
    now,
  );
  expect(known).toEqual([
    {
      id: 'a',
      index: 1,
      enabled: true,
      active: false,
      flagged: false,
      shutOut: false,
      refused: refusal,
      priority: 'first',
      reservePercent: 20,
      health: { score: 40, state: 'unhealthy', softRefreshFailure: true },
      quota: snapshot,
      ratio,
      lastUsedAt: now - hourMs,
    },
    {
      id: 'b',
      index: 2,
      enabled: false,
      active: true,
      flagged: false,
      shutOut: true,
      accessTokenExpiresAt: now + 60_000,
      health: { score: 100, state: 'healthy', softRefreshFailure: false },
    },
  ]);
});

describe('a new sign-in is needed', () => {
  const mixedUp = { reason: 'its tokens are of another account: codex-auth fix' };
  const foreign = accountOf('a', bob, alice);

  it.each<[string, ShownAccount, object | undefined]>([
    ['not while there is a refresh token', accountOf('a', { ...alice, exp: now / 1000 - 60 }), undefined],
    ['not while an access token alone works', accountOf('a', alice, { tokens: withAccessToken(now + 1) }), undefined],
    ['not as long as nobody knows when it ends', accountOf('a', alice, { tokens: withAccessToken() }), undefined],
    ['when it has ended', accountOf('a', alice, { tokens: withAccessToken(now) }), {}],
    ['without any token', accountOf('a', alice, { tokens: { generation: 0 } }), {}],
    ['when the tokens are of somebody else', foreign, mixedUp],
    ['when the index says that they are', { ...accountOf('a', alice), isMixedUp: true }, mixedUp],
    ['not when the index says that they are not', { ...foreign, isMixedUp: false }, undefined],
  ])('%s', (_, account, expected) => {
    expect(facts([account])[0]?.signInNeeded).toEqual(expected);
  });
});

it('a refusal of tokens that have been replaced since is no longer one', () => {
  const refusal = { code: 'token_expired', at: now - hourMs };
  const [before, after] = facts(
    [accountOf('a', { lastRefresh: now - 2 * hourMs }), accountOf('b', { lastRefresh: now })],
    { a: { refusal }, b: { refusal } },
  );
  expect(before?.refused).toEqual(refusal);
  expect(after?.refused).toBeUndefined();
});
