import { describe, expect, test } from 'vitest';
import { type Trouble, troubleAfter, withJitter } from '../../../src/core/pace.js';

const intervalMs = 60_000;

describe('after failures in a row', () => {
  test('the pauses double up to a quarter of an hour', () => {
    const pauses: number[] = [];
    let trouble: Trouble | undefined;
    for (let failure = 1; failure <= 6; failure += 1) {
      trouble = troubleAfter(trouble, { now: 1_000, intervalMs });
      pauses.push((trouble.askAgainAt - 1_000) / 60_000);
    }
    expect(pauses).toEqual([2, 4, 8, 15, 15, 15]);
  });

  test('a longer interval is never cut', () => {
    expect(troubleAfter(undefined, { now: 0, intervalMs: 3_600_000 }).askAgainAt).toBe(3_600_000);
  });

  test('a later reset that the server named is waited for, an earlier one is not', () => {
    expect(troubleAfter(undefined, { now: 0, intervalMs, resetsAt: 7_200_000 }).askAgainAt).toBe(7_200_000);
    expect(troubleAfter(undefined, { now: 0, intervalMs, resetsAt: 1_000 }).askAgainAt).toBe(120_000);
  });
});

test('jitter adds up to a tenth and takes nothing away', () => {
  for (let look = 0; look < 100; look += 1) {
    const ms = withJitter(1_000);
    expect(ms >= 1_000 && ms < 1_100).toBe(true);
  }
});
