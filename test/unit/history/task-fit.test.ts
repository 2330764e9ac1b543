import { describe, expect, it } from 'vitest';
import { overallFit, type WindowAtWork, windowNeed } from '../../../src/core/history/pace.js';
import { hourMs, now } from './observations.js';

const window: WindowAtWork = {
  windowId: '5h',
  leftPercent: 50,
  lengthMs: 5 * hourMs,
  resetsAt: now + 4 * hourMs,
  pace: { perHour: 20, low: 15, high: 25 },
};

describe('work of some length', () => {
  it.each([
    ['fits where even the fastest pace leaves something', {}, 2, 'yes', [30, 50]],
    ['may fit', {}, 3, 'maybe', [45, 75]],
    ['does not fit', { leftPercent: 40 }, 3, 'no', [45, 75]],
    ['needs no more than the time until the reset takes', { resetsAt: now + hourMs }, 3, 'yes', [15, 25]],
    [
      'must fit into the next window too',
      { resetsAt: now, pace: { perHour: 30, low: 25, high: 35 } },
      4,
      'maybe',
      [0, 0],
    ],
    ['fits by the length alone where no reset is known', { resetsAt: undefined }, 2, 'yes', [30, 50]],
  ] as const)('%s', (_, changes, hours, fits, [lowPercent, highPercent]) => {
    const need = windowNeed({ ...window, ...changes }, hours * hourMs, now);
    expect(need).toMatchObject({ windowId: '5h', fits, lowPercent, highPercent });
  });

  it('is unknown without a pace, but not where nothing is left', () => {
    expect(windowNeed({ ...window, pace: undefined }, hourMs, now)).toEqual({
      windowId: '5h',
      leftPercent: 50,
      fits: 'unknown',
    });
    expect(windowNeed({ ...window, pace: undefined, leftPercent: 0 }, hourMs, now).fits).toBe('no');
  });
});

it('all windows have to last', () => {
  expect(overallFit(['yes', 'yes'])).toBe('yes');
  expect(overallFit(['yes', 'maybe'])).toBe('maybe');
  expect(overallFit(['maybe', 'unknown', 'yes'])).toBe('unknown');
  expect(overallFit(['unknown', 'no'])).toBe('no');
  expect(overallFit([])).toBe('unknown');
});
