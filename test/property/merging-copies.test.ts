import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareLineage, type LineageCopy } from '../../src/core/accounts/lineage.js';
import { emptyPool } from '../../src/core/accounts/pool.js';
import { newest as newestOf } from '../../src/core/lineage/newest.js';
import { takeCopy } from '../../src/core/logins/take-copy.js';
import { withStore } from '../../src/core/logins/with-store.js';
import { accountOf, type TokenWords, testRoot, tokensOf } from '../support/stored-accounts.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };

/** One login's tokens, refreshed again and again by any program that has them, often more than once in a second. */
const lineage = fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 2, maxLength: 6 }).map((pauses) =>
  pauses.map((_, link): TokenWords => {
    const at = pauses.slice(0, link + 1).reduce((sum, pause) => sum + pause, 1_000_000);
    return { ...alice, refresh: `rt-${link}`, iat: Math.floor(at / 1000), lastRefresh: at };
  }),
);

/** Where a copy is found, and how often we had changed our record by then. */
const place = fc.record({
  source: fc.constantFrom('pool' as const, 'auth-file' as const, 'journal' as const, 'import' as const),
  generation: fc.nat(9),
});

const scattered = lineage.chain((links) =>
  fc.record({
    links: fc.constant(links),
    places: fc.array(place, { minLength: links.length, maxLength: links.length }),
    order: fc.shuffledSubarray([...links.keys()], { minLength: 1 }),
  }),
);

it('of two copies of one login the one from the later refresh is newer, wherever they are found', () => {
  fc.assert(
    fc.property(scattered, ({ links, places, order }) => {
      const copies = links.map((words, link): LineageCopy => {
        const { source = 'pool', generation = 0 } = places[link] ?? {};
        return { source, tokens: tokensOf({ ...words, generation }) };
      });
      for (const [link, copy] of copies.entries()) {
        for (const later of copies.slice(link + 1)) expect(compareLineage(later, copy)).toBeGreaterThan(0);
      }
      const found = order.flatMap((link) => copies[link] ?? []) as [LineageCopy, ...LineageCopy[]];
      expect(newestOf(found, { isSpent: () => false })).toBe(copies[Math.max(...order)]);
    }),
  );
});

it('taking over copies in any order never makes a record older, and ends with the newest of them', async () => {
  await fc.assert(
    fc.asyncProperty(scattered, fc.nat(5), async ({ links, places, order }, start) => {
      const own = start % links.length;
      const root = testRoot();
      await withStore(root, {}, (store) => {
        store.savePool(undefined, { ...emptyPool, accounts: [accountOf('a', links[own])] });
        const held = () => store.scope(undefined).pool.accounts[0] ?? accountOf('none');
        let newest = own;
        for (const link of order) {
          const source = places[link]?.source === 'import' ? 'import' : 'auth-file';
          const before = held().tokens;
          takeCopy(store, held(), { source, tokens: tokensOf(links[link] ?? {}) });
          const change = compareLineage({ source: 'pool', tokens: held().tokens }, { source: 'pool', tokens: before });
          expect(change).toBeGreaterThanOrEqual(0);
          newest = Math.max(newest, link);
          expect(held().tokens.refreshToken?.reveal()).toBe(`rt-${newest}`);
        }
      });
    }),
    { numRuns: 40 },
  );
});
