import fs from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { badOnes, runSchedules, sum } from '../support/schedules/many.js';
import { temporaryDirectory } from '../support/temporary.js';

// Nobody pulls the plug here, and waiting for the disk is half of the time.
beforeAll(() => {
  vi.spyOn(fs, 'fsyncSync').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

test('commands in two homes, with late, lost and doubled answers, lose no login whose answer they have: seeds 1 to 170', {
  timeout: 360_000,
}, async () => {
  const results = await runSchedules({ directory: temporaryDirectory(), apart: false, firstSeed: 1, count: 170 });
  expect(badOnes(results)).toEqual([]);
  expect(sum(results, 'refreshes')).toBeGreaterThan(500);
});
