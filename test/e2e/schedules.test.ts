import { expect, test } from 'vitest';
import { badOnes, runSchedules, sum } from '../support/schedules/many.js';
import { directoryInMemory } from '../support/temporary.js';

// 170 more in test/cli/schedules.test.ts, without kills and stops; 2,000 of both kinds in bench/schedules.ts.
test.skipIf(process.platform === 'win32')(
  'processes in three homes, some killed and some stopped, lose no login whose answer they have: seeds 171 to 200',
  async () => {
    const results = await runSchedules({ directory: directoryInMemory(), apart: true, firstSeed: 171, count: 30 });
    expect(badOnes(results)).toEqual([]);
    expect(sum(results, 'refreshes')).toBeGreaterThan(60);
  },
);
