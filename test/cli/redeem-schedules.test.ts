import { expect, test } from 'vitest';
import { badRedemptions, runRedeemSchedules } from '../support/redeem-schedule.js';
import { directoryInMemory } from '../support/temporary.js';

test('answers that are lost, late or doubled cost one credit for each agreement at most: seeds 1 to 170', {
  timeout: 600_000,
}, async () => {
  const results = await runRedeemSchedules({ directory: directoryInMemory(), apart: false, firstSeed: 1, count: 170 });
  expect(badRedemptions(results)).toEqual([]);
  const sum = (of: 'spent' | 'lost') => results.reduce((total, result) => total + result[of], 0);
  expect(sum('lost')).toBeGreaterThan(150);
  expect(sum('spent')).toBeGreaterThan(200);
});
