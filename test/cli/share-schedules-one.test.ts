import { rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { badShareOnes, runShareSchedules, shareDirectory, sumOf } from '../support/sharing/many.js';

const found = findPostgres();
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

// The other half stands in a file of its own, for another core; 3,000 more in bench/sharing.ts.
test.skipIf(missing !== '')(
  `three machines with one pool keep every login in one hand, and lose none: seeds 1 to 150${missing}`,
  { timeout: 600_000 },
  async () => {
    const directory = shareDirectory();
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const results = await runShareSchedules({ directory, firstSeed: 1, count: 150 });
    expect(badShareOnes(results)).toEqual([]);
    expect(sumOf(results, 'refreshes')).toBeGreaterThan(200);
    expect(sumOf(results, 'explained')).toBeLessThan(30);
  },
);
