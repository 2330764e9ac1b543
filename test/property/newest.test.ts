import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TokenSet } from '../../src/core/accounts/account.js';
import { compareLineage, type LineageCopy } from '../../src/core/accounts/lineage.js';
import { compareCopies, newest, type TokenKnowledge } from '../../src/core/lineage/newest.js';
import { Secret } from '../../src/core/secret.js';
import { unsignedJwt } from '../support/unsigned-tokens.js';

// Few different times and tokens, so that ties and shared tokens are common.
const moment = fc.integer({ min: 0, max: 4 });
const name = fc.constantFrom('rt-1', 'rt-2', 'rt-3', 'rt-4');

const copy: fc.Arbitrary<LineageCopy> = fc
  .record(
    { refresh: name, iat: moment, lastRefresh: moment.map((second) => second * 1000), generation: moment },
    { requiredKeys: ['generation'] },
  )
  .chain(({ refresh, iat, ...rest }) => {
    const tokens: TokenSet = {
      ...rest,
      ...(refresh === undefined ? {} : { refreshToken: new Secret(refresh) }),
      ...(iat === undefined ? {} : { accessToken: new Secret(unsignedJwt({ iat })) }),
    };
    return fc.record({
      source: fc.constantFrom('pool', 'auth-file', 'journal', 'import'),
      tokens: fc.constant(tokens),
    });
  });

const known: fc.Arbitrary<TokenKnowledge> = fc
  .record({ spent: fc.subarray(['rt-1', 'rt-2', 'rt-3', 'rt-4']), refused: fc.subarray(['rt-1', 'rt-2', 'rt-3']) })
  .map(({ spent, refused }) => ({
    isSpent: (token) => spent.includes(token.reveal()),
    isRefused: (token) => refused.includes(token.reveal()),
  }));

const copies = fc.array(copy, { minLength: 1, maxLength: 6 }).map((list) => list as [LineageCopy, ...LineageCopy[]]);

it('the order is total and transitive, whatever is known', () => {
  fc.assert(
    fc.property(copy, copy, copy, known, (a, b, c, knowledge) => {
      const order = (one: LineageCopy, other: LineageCopy) => compareCopies(one, other, knowledge);
      expect(Math.sign(order(a, b)) + Math.sign(order(b, a))).toBe(0);
      expect(order(a, a)).toBe(0);
      if (order(a, b) >= 0 && order(b, c) >= 0) expect(order(a, c)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('the newest is one of the copies, none goes before it, and neither their order nor a repetition matters', () => {
  fc.assert(
    fc.property(
      copies.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      known,
      ([list, shuffled], knowledge) => {
        const chosen = newest(list, knowledge);
        expect(list).toContain(chosen);
        expect(list.filter((each) => compareCopies(each, chosen, knowledge) > 0)).toEqual([]);
        expect(newest([chosen, ...list], knowledge)).toBe(chosen);
        expect(compareCopies(newest(shuffled as typeof list, knowledge), chosen, knowledge)).toBe(0);
      },
    ),
  );
});

it('merging two sets of copies leads to the newest of both, and never to an older one than either had', () => {
  fc.assert(
    fc.property(copies, copies, known, (one, other, knowledge) => {
      const [a, b] = [newest(one, knowledge), newest(other, knowledge)];
      const both = newest([...one, ...other], knowledge);
      expect(compareCopies(both, newest([a, b], knowledge), knowledge)).toBe(0);
      for (const each of [a, b]) expect(compareCopies(both, each, knowledge)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('what can be renewed is never given up for what cannot, and among those that can the later one wins', () => {
  fc.assert(
    fc.property(copies, known, (list, knowledge) => {
      const { isSpent, isRefused = () => false } = knowledge;
      const isAlive = ({ tokens: { refreshToken } }: LineageCopy) =>
        refreshToken !== undefined && !isSpent(refreshToken) && !isRefused(refreshToken);
      const alive = list.filter(isAlive);
      const chosen = newest(list, knowledge);
      expect(isAlive(chosen)).toBe(alive.length > 0);
      for (const each of alive) expect(compareLineage(each, chosen)).toBeLessThanOrEqual(0);
    }),
  );
});
