import { expect, test } from 'vitest';
import { badOnes, runSchedules, sum } from '../support/schedules/many.js';
import { directoryInMemory } from '../support/temporary.js';

test('commands in three homes, with late, lost and doubled answers, lose no login whose answer they have: seeds 1 to 170', {
  timeout: 600_000,
}, async () => {
  const results = await runSchedules({ directory: directoryInMemory(), apart: false, firstSeed: 1, count: 170 });
  expect(badOnes(results)).toEqual([]);
  expect(sum(results, 'refreshes')).toBeGreaterThan(500);
});
