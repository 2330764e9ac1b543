import { describe, expect, it } from 'vitest';
import type { TokenSet } from '../../../src/core/accounts/account.js';
import type { LoginCopy } from '../../../src/core/lineage/copies.js';
import type { Lineage, LineageRecord } from '../../../src/core/lineage/lineage-log.js';
import {
  compareCopies,
  copyAhead,
  freshestTokens,
  historyOf,
  newest,
  type TokenKnowledge,
} from '../../../src/core/lineage/newest.js';
import { Secret } from '../../../src/core/secret.js';
import { unsignedJwt } from '../../support/unsigned-tokens.js';

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

function withoutRefreshToken({ tokens: { refreshToken: _, ...rest }, ...found }: LoginCopy): LoginCopy {
  return { ...found, tokens: rest };
}

/** The tokens say who issued them. */
function issuedBy(iss: string, { tokens: before, ...found }: LoginCopy): LoginCopy {
  return { ...found, tokens: { ...before, idToken: new Secret(unsignedJwt({ iss })) } };
}

const exchanged = (before: string, after: string) => ({ event: 'refreshed' as const, before, after });
const nothing = historyOf(lineage());
const revealed = ({ refreshToken }: TokenSet) => refreshToken?.reveal();

describe('what the lineage log says of a refresh token', () => {
  const history = historyOf(
    lineage(
      exchanged('rt-1', 'rt-2'),
      exchanged('rt-2', 'rt-3'),
      exchanged('same', 'same'),
      { event: 'adopted', before: 'given-up', after: 'taken-over' },
      { event: 'refused', before: 'refused' },
      { event: 'unknown', before: 'asked' },
      { event: 'released', before: 'given-away' },
      { event: 'released', before: 'lent' },
      { event: 'received', after: 'lent' },
    ),
  );
  const secret = (name: string) => new Secret(name);

  it.each([
    ['rt-1', true],
    ['rt-2', true],
    ['given-away', true],
    ['rt-3', false],
    ['same', false],
    ['given-up', false],
    ['refused', false],
    ['asked', false],
    ['lent', false],
  ])('%s is spent: %s', (name, expected) => {
    expect(history.isSpent(secret(name))).toBe(expected);
  });

  it.each([
    ['refused', true],
    ['rt-1', false],
    ['asked', false],
    ['given-up', false],
  ])('%s was refused: %s', (name, expected) => {
    expect(history.isRefused(secret(name))).toBe(expected);
  });

  it.each([
    ['rt-1', 'rt-3', true],
    ['rt-2', 'rt-3', true],
    ['rt-3', 'rt-3', true],
    ['rt-3', 'rt-1', false],
    ['given-up', 'taken-over', false],
    ['rt-1', 'elsewhere', false],
  ])('%s has become %s: %s', (from, to, expected) => {
    expect(history.leadsTo(secret(from), secret(to))).toBe(expected);
  });
});

describe('of several copies', () => {
  const known: TokenKnowledge = {
    isSpent: (token) => token.reveal().startsWith('spent'),
    isRefused: (token) => token.reveal().startsWith('refused'),
  };
  const of = (refreshToken: string, lastRefresh: number) => ({
    source: 'pool' as const,
    tokens: tokens(refreshToken, lastRefresh),
  });
  const { refreshToken: _, ...accessOnly } = tokens('none', 300);
  const none = { source: 'pool' as const, tokens: accessOnly };

  it.each([
    ['one that works before one that was refused later', of('good', 100), of('refused', 200)],
    ['one that was refused before a later one without a refresh token', of('refused', 200), none],
    ['one without a refresh token before a later one that is spent', none, of('spent', 400)],
    ['the later of two that work', of('good', 200), of('fine', 100)],
    ['the later of two that were refused', of('refused-2', 200), of('refused', 100)],
  ])('the newest is %s', (_what, better, worse) => {
    expect(newest([worse, better], known)).toBe(better);
    expect(newest([better, worse], known)).toBe(better);
    expect(compareCopies(better, worse, known)).toBeGreaterThan(0);
  });

  it('the first counts among equals', () => {
    const [one, other] = [of('good', 100), of('fine', 100)];
    expect(newest([one, other], known)).toBe(one);
    expect(newest([other, one], known)).toBe(other);
  });

  it('nothing is taken for refused where nobody remembers refusals', () => {
    const [one, other] = [of('refused', 200), of('good', 100)];
    expect(newest([other, one], { isSpent: known.isSpent })).toBe(one);
  });
});

describe('the copy that is ahead of a dead login', () => {
  const dead = {
    ...ada,
    tokens: { ...tokens('dead', 100), idToken: new Secret(unsignedJwt({ iss: 'https://auth.example' })) },
  };

  it('is one that we have rotated more often, where all else is the same', () => {
    const rotated = (generation: number) => ({ ...copy('new', 100), tokens: { ...tokens('new', 100), generation } });
    expect(copyAhead(dead, [rotated(2)], nothing)).toBeDefined();
    expect(copyAhead(dead, [rotated(1)], nothing)).toBeUndefined();
  });

  it('is one of a login that has no refresh token any more', () => {
    const { refreshToken: _, ...rest } = dead.tokens;
    expect(copyAhead({ ...ada, tokens: rest }, [copy('new', 200)], nothing)?.tokens.refreshToken?.reveal()).toBe('new');
    expect(copyAhead({ ...ada, tokens: rest }, [copy('new', 100)], nothing)).toBeUndefined();
  });

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
    [
      'none that is older, even if ours is known to be spent',
      [copy('old', 99)],
      historyOf(lineage(exchanged('dead', 'new'))),
      undefined,
    ],
    ['none that cannot be renewed', [withoutRefreshToken(copy('new', 200))], nothing, undefined],
    [
      'one that can be renewed rather than a later one that cannot',
      [copy('new', 200), copy('newer', 300)],
      historyOf(lineage({ event: 'refused', before: 'newer' }, { event: 'refused', before: 'dead' })),
      'new',
    ],
    ['none of another provider', [issuedBy('https://other.example', copy('new', 200))], nothing, undefined],
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
    expect(fresh).not.toHaveProperty('refreshToken');
    expect(fresh.accessToken?.reveal()).toBe('access-old');
  });

  it('have what the refresh token has become, if another workspace of the login holds it', () => {
    const history = historyOf(lineage(exchanged('old', 'next'), exchanged('next', 'last')));
    const elsewhere = copy('last', 300, { ...ada, accountId: 'account-2' });
    const fresh = freshestTokens(old, [elsewhere], history);
    expect([revealed(fresh), fresh.accessToken?.reveal()]).toEqual(['last', 'access-old']);
  });

  it('have nothing that was spent in its turn, or that it has not become', () => {
    const history = historyOf(lineage(exchanged('old', 'next'), exchanged('next', 'last')));
    const elsewhere = { ...ada, accountId: 'account-2' };
    const held = [
      withoutRefreshToken(copy('x', 1, elsewhere)),
      copy('next', 300, elsewhere),
      copy('other', 300, elsewhere),
    ];
    expect(revealed(freshestTokens(old, held, history))).toBeUndefined();
  });

  it('are those of an access token alone, where nobody has more', () => {
    const { refreshToken: _, ...accessOnly } = old.tokens;
    expect(freshestTokens({ ...old, tokens: accessOnly }, [], nothing)).toBe(accessOnly);
  });

  it('are its own where those of another workspace are newer', () => {
    expect(freshestTokens(old, [copy('new', 200, { ...ada, accountId: 'account-2' })], nothing)).toBe(old.tokens);
  });

  it('do not end in a log that leads in a circle', () => {
    const history = historyOf(lineage(exchanged('old', 'next'), exchanged('next', 'old')));
    expect(
      revealed(freshestTokens(old, [copy('other', 1, { ...ada, accountId: 'account-2' })], history)),
    ).toBeUndefined();
  });
});
