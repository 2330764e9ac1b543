import { expect, it } from 'vitest';
import type { TokenSet } from '../../../src/core/accounts/account.js';
import { compareLineage, isNewer, type LineageCopy } from '../../../src/core/accounts/lineage.js';
import { Secret } from '../../../src/core/secret.js';
import { unsignedJwt } from '../../support/unsigned-tokens.js';

type Words = Partial<Pick<TokenSet, 'lastRefresh' | 'generation'>> & {
  readonly iat?: number;
  readonly access?: string;
};

function copyOf({ iat, access, generation = 0, ...rest }: Words, source: LineageCopy['source'] = 'pool'): LineageCopy {
  const token = iat === undefined ? access : unsignedJwt({ iat });
  return {
    source,
    tokens: { ...rest, generation, ...(token === undefined ? {} : { accessToken: new Secret(token) }) },
  };
}

it.each<[string, LineageCopy, LineageCopy]>([
  ['was issued later, whatever else', copyOf({ iat: 2 }), copyOf({ iat: 1, lastRefresh: 9e9, generation: 9 })],
  [
    'was issued at once, and received later',
    copyOf({ iat: 1, lastRefresh: 2 }),
    copyOf({ iat: 1, lastRefresh: 1, generation: 9 }),
  ],
  [
    'was received, while nobody knows when the other was',
    copyOf({ iat: 1, lastRefresh: 1 }),
    copyOf({ iat: 1, generation: 9 }),
  ],
  ['has been rotated more often', copyOf({ iat: 1, generation: 2 }), copyOf({ iat: 1, generation: 1 })],
  ['has been rotated more often, by the journal', copyOf({ generation: 2 }, 'journal'), copyOf({ generation: 1 })],
  ['has been rotated here at all', copyOf({ generation: 1 }), copyOf({ generation: 9 }, 'auth-file')],
  [
    'has been rotated here, and not where it comes from',
    copyOf({ generation: 1 }),
    copyOf({ generation: 9 }, 'import'),
  ],
  [
    'is opaque, and was received after the other was issued',
    copyOf({ access: 'opaque', lastRefresh: 1001 }),
    copyOf({ iat: 1 }),
  ],
  ['was issued, while the other has no access token', copyOf({ iat: 1 }), copyOf({ lastRefresh: 9e9 })],
])('the later of two copies is the one that %s', (_, later, earlier) => {
  expect(isNewer(later, earlier)).toBe(true);
  expect(isNewer(earlier, later)).toBe(false);
});

it.each<[string, LineageCopy, LineageCopy]>([
  ['with the same of all', copyOf({ iat: 1, lastRefresh: 1 }), copyOf({ iat: 1, lastRefresh: 1 })],
  ['in which somebody else counts', copyOf({ generation: 1 }, 'auth-file'), copyOf({ generation: 2 }, 'import')],
  ['of which nothing is known', copyOf({}), copyOf({ access: 'opaque' })],
])('of two copies %s neither is the later', (_, one, other) => {
  expect(compareLineage(one, other)).toBe(0);
  expect(isNewer(one, other)).toBe(false);
});
