import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TokenSet } from '../../src/core/accounts/account.js';
import { compareLineage, isNewer, type LineageCopy } from '../../src/core/accounts/lineage.js';
import { Secret } from '../../src/core/secret.js';
import { unsignedJwt } from '../support/unsigned-tokens.js';

// Few different times, so that ties are common.
const moment = fc.integer({ min: 0, max: 4 });

const accessToken = fc.oneof(
  moment.map((iat) => unsignedJwt({ iat })),
  fc.constantFrom('opaque', 'a.b.c', unsignedJwt({}), unsignedJwt({ iat: 'soon' }), unsignedJwt({ iat: 1e300 })),
);

const tokens = fc
  .record(
    { accessToken, lastRefresh: moment.map((second) => second * 1000), generation: moment },
    { requiredKeys: ['generation'] },
  )
  .map(
    ({ accessToken: access, ...rest }): TokenSet => ({
      ...rest,
      ...(access === undefined ? {} : { accessToken: new Secret(access) }),
    }),
  );

const copy: fc.Arbitrary<LineageCopy> = fc.record({
  source: fc.constantFrom('pool', 'auth-file', 'journal', 'import'),
  tokens,
});

it('any two copies can be compared, and the other way round gives the opposite', () => {
  fc.assert(
    fc.property(copy, copy, (a, b) => {
      const order = compareLineage(a, b);
      expect(Number.isNaN(order)).toBe(false);
      expect(Math.sign(order) + Math.sign(compareLineage(b, a))).toBe(0);
      expect(compareLineage(a, a)).toBe(0);
    }),
  );
});

it('the order is transitive', () => {
  fc.assert(
    fc.property(copy, copy, copy, (a, b, c) => {
      fc.pre(compareLineage(a, b) >= 0 && compareLineage(b, c) >= 0);
      expect(compareLineage(a, c)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it("the server's clock decides before ours does, and our own count says nothing about other programs' copies", () => {
  fc.assert(
    fc.property(copy, copy, moment, fc.integer({ min: 1, max: 9 }), (a, b, iat, later) => {
      const issued = (each: LineageCopy, at: number): LineageCopy => ({
        ...each,
        tokens: { ...each.tokens, accessToken: new Secret(unsignedJwt({ iat: at })) },
      });
      expect(isNewer(issued(a, iat + later), issued(b, iat))).toBe(true);
      const theirs = { source: 'auth-file' as const, tokens: { ...issued(a, iat).tokens, generation: later } };
      const theirsBefore = { ...theirs, tokens: { ...theirs.tokens, generation: 0 } };
      expect(compareLineage(theirs, theirsBefore)).toBe(0);
    }),
  );
});
