import { describe, expect, it } from 'vitest';
import type { TokenSet } from '../../../src/core/accounts/account.js';
import type { LoginCopy } from '../../../src/core/logins/copies.js';
import type { Lineage, LineageRecord } from '../../../src/core/logins/lineage-log.js';
import { copyAhead, freshestTokens, historyOf } from '../../../src/core/logins/newest.js';
import { Secret } from '../../../src/core/secret.js';

const ada = { userId: 'user-ada', accountId: 'account-1' };

/** Opaque access tokens: the time they were received is their order. */
function tokens(refreshToken: string, lastRefresh: number): TokenSet {
  const accessToken = new Secret(`access-${refreshToken}`);
  return { refreshToken: new Secret(refreshToken), accessToken, lastRefresh, generation: 1 };
}

function copy(refreshToken: string, lastRefresh: number, identity = ada): LoginCopy {
  return { place: 'backup', path: '/backup', identity, tokens: tokens(refreshToken, lastRefresh) };
}

function lineage(...events: Pick<LineageRecord, 'event' | 'before' | 'after'>[]): Lineage {
  const records = events.map((each) => ({ at: 1, accountId: 'a', pid: 1, ...each }));
  return { records, printOf: (token) => (typeof token === 'string' ? token : token.reveal()) };
}

const exchanged = (before: string, after: string) => ({ event: 'refreshed' as const, before, after });
const nothing = historyOf(lineage());
const revealed = ({ refreshToken }: TokenSet) => refreshToken?.reveal();

describe('the copy that is ahead of a dead login', () => {
  const dead = { ...ada, tokens: tokens('dead', 100) };
  it.each([
    ['a newer one', [copy('new', 200)], nothing, 'new'],
    ['the newest of several', [copy('new', 200), copy('newest', 300), copy('newer', 250)], nothing, 'newest'],
    ['none that is older', [copy('old', 50)], nothing, undefined],
    ['not the same token again', [copy('dead', 200)], nothing, undefined],
    ['none of another workspace', [copy('new', 200, { ...ada, accountId: 'account-2' })], nothing, undefined],
    ['none that we have spent', [copy('new', 200)], historyOf(lineage(exchanged('new', 'lost'))), undefined],
    ['none that was refused', [copy('new', 200)], historyOf(lineage({ event: 'refused', before: 'new' })), undefined],
    [
      'one of the same age, if ours is known to be spent',
      [copy('new', 100)],
      historyOf(lineage(exchanged('dead', 'new'))),
      'new',
    ],
    ['none of the same age, if nothing is known', [copy('new', 100)], nothing, undefined],
  ])('is %s', (_, copies, history, expected) => {
    expect(copyAhead(dead, copies, history)?.tokens.refreshToken?.reveal()).toBe(expected);
  });
});

describe('the tokens with which an old record comes back', () => {
  const old = { ...ada, tokens: { ...tokens('old', 100), idToken: new Secret('id') } };

  it('are its own where nothing newer is known', () => {
    expect(freshestTokens(old, [copy('older', 50)], nothing)).toBe(old.tokens);
  });

  it('are the newest of all copies, with what they lack from its own', () => {
    const fresh = freshestTokens(old, [copy('new', 200)], nothing);
    expect([revealed(fresh), fresh.idToken?.reveal()]).toEqual(['new', 'id']);
  });

  it('are never spent ones, even if those look newer', () => {
    const history = historyOf(lineage(exchanged('spent', 'lost')));
    expect(revealed(freshestTokens(old, [copy('spent', 200)], history))).toBe('old');
  });

  it('have no refresh token where every copy is spent', () => {
    const history = historyOf(lineage(exchanged('old', 'lost')));
    const fresh = freshestTokens(old, [copy('old', 100)], history);
    expect([revealed(fresh), fresh.accessToken?.reveal()]).toEqual([undefined, 'access-old']);
  });

  it('have what the refresh token has become, if another workspace of the login holds it', () => {
    const history = historyOf(lineage(exchanged('old', 'next'), exchanged('next', 'last')));
    const elsewhere = copy('last', 300, { ...ada, accountId: 'account-2' });
    const fresh = freshestTokens(old, [elsewhere], history);
    expect([revealed(fresh), fresh.accessToken?.reveal()]).toEqual(['last', 'access-old']);
  });

  it('do not end in a log that leads in a circle', () => {
    const history = historyOf(lineage(exchanged('old', 'next'), exchanged('next', 'old')));
    expect(
      revealed(freshestTokens(old, [copy('other', 1, { ...ada, accountId: 'account-2' })], history)),
    ).toBeUndefined();
  });
});
