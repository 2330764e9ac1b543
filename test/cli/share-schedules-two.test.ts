import { expect, test } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { badShareOnes, runShareSchedules, sumOf } from '../support/sharing/many.js';
import { directoryInMemory } from '../support/temporary.js';

const found = findPostgres();
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

// The other half stands in a file of its own, for another core; 3,000 more in bench/sharing.ts.
test.skipIf(missing !== '')(
  `three machines with one pool keep every login in one hand, and lose none: seeds 151 to 300${missing}`,
  { timeout: 600_000 },
  async () => {
    const results = await runShareSchedules({ directory: directoryInMemory(), firstSeed: 151, count: 150 });
    expect(badShareOnes(results)).toEqual([]);
    expect(sumOf(results, 'refreshes')).toBeGreaterThan(200);
    expect(sumOf(results, 'explained')).toBeLessThan(30);
  },
);
