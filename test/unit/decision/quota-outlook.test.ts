import { describe, expect, it } from 'vitest';
import { quotaOutlook } from '../../../src/core/decision/quota-outlook.js';
import { lapseScore, windowScore } from '../../../src/core/decision/score.js';
import { bindingQuota } from '../../../src/core/quota/binding-quota.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import type { WindowRatio } from '../../../src/core/quota/window-ratio.js';
import { hourMs, now, quota, windowOf } from './accounts.js';

const outlook = (snapshot: QuotaSnapshot, model?: string) =>
  quotaOutlook(bindingQuota(snapshot, now, model === undefined ? {} : { model }), now);

const unnamed = { id: 'unknown', usedPercent: 0, remainingPercent: 100 };
const undated = { ...unnamed, id: '5h', durationSeconds: 18_000 };

describe('headroom', () => {
  it.each<[string, QuotaSnapshot, string]>([
    ['ample at exactly 10 %', quota({ fiveHours: [10, 3], week: [60, 100] }), 'ample'],
    ['little below', quota({ fiveHours: [9.9, 3], week: [60, 100] }), 'little'],
    ['ample with 3 % of a week', quota({ fiveHours: [80, 3], week: [3, 100] }), 'ample'],
    [
      'little with less of a week, whatever the short window',
      quota({ fiveHours: [80, 3], week: [2.9, 100] }),
      'little',
    ],
    ['little with a low weekly window alone', quota({ week: [1, 100] }), 'little'],
    ['little with a low short window alone', quota({ fiveHours: [3, 4] }), 'little'],
    ['ample once the short window has reset', quota({ fiveHours: [3, -1], week: [60, 100] }), 'ample'],
    [
      'little with less than 10 % of a day',
      quota({ rest: { windows: [windowOf(86_400, [9.9, 3])].flat() } }),
      'little',
    ],
    ['unlimited where requests pass and no window is named', quota({ rest: { allowed: true } }), 'unlimited'],
    ['unknown when a window could not be read', quota({ week: [60, 100], rest: { incomplete: true } }), 'unknown'],
    ['unknown when every window has reset', quota({ week: [60, -1] }), 'unknown'],
    ['unknown without any window', quota({}), 'unknown'],
  ])('is %s', (_, snapshot, headroom) => {
    expect(outlook(snapshot).headroom).toBe(headroom);
  });

  it('is unknown without a snapshot', () => {
    expect(quotaOutlook(undefined, now)).toEqual({ headroom: 'unknown' });
  });
});

describe('what would go to waste', () => {
  it.each<[string, QuotaSnapshot, string | undefined, number | undefined]>([
    ['the remaining week per hour until its reset', quota({ fiveHours: [80, 3], week: [60, 120] }), '7d', 0.5],
    ['the five hours where there is nothing longer', quota({ fiveHours: [80, 4] }), '5h', 20],
    ['no more than all that is left within the last two hours', quota({ week: [60, 0.001] }), '7d', 30],
    [
      'unknown once the week has reset, whatever the short window',
      quota({ fiveHours: [80, 3], week: [60, -1] }),
      undefined,
      undefined,
    ],
    [
      'as of a whole week where it names no reset',
      quota({ rest: { windows: [{ id: '7d', durationSeconds: 604_800, usedPercent: 16, remainingPercent: 84 }] } }),
      '7d',
      0.5,
    ],
    [
      'as of a whole week where it names neither reset nor length',
      quota({ rest: { windows: [{ id: 'unknown', usedPercent: 16, remainingPercent: 84 }] } }),
      'unknown',
      0.5,
    ],
  ])('is %s', (_, snapshot, windowId, percentPerHour) => {
    const { lapse } = outlook(snapshot);
    expect(lapse?.window.id).toBe(windowId);
    expect(lapse?.percentPerHour).toBe(percentPerHour);
  });

  it('is the slower of two limits of one duration, and unknown while one of them is', () => {
    const spark = { limitName: 'Spark', meteredFeature: 'codex_spark' };
    const beside = (model: QuotaSnapshot['windows']) =>
      quota({ week: [60, 120], rest: { additional: [{ ...spark, windows: model }] } });
    const slow = beside([windowOf(604_800, [30, 120])].flat());
    expect(outlook(slow, 'spark').lapse).toMatchObject({ percentPerHour: 0.25, window: { limitName: 'Spark' } });
    const fast = beside([windowOf(604_800, [30, 10])].flat());
    expect(outlook(fast, 'spark').lapse?.percentPerHour).toBe(0.5);
    const endless = beside([{ id: '7d', durationSeconds: 604_800, usedPercent: 70, remainingPercent: 30 }]);
    expect(outlook(endless, 'spark').lapse?.percentPerHour).toBeCloseTo(30 / 168);
    const lapsed = beside([windowOf(604_800, [30, -1])].flat());
    expect(outlook(lapsed, 'spark').lapse).toBeUndefined();
    expect(outlook(endless).lapse?.percentPerHour).toBe(0.5);
  });
});

describe('the window that would stop a session first', () => {
  it.each<[string, QuotaSnapshot, number]>([
    ['full and not begun', quota({ fiveHours: [100, 5], week: [60, 100] }), 0.67],
    ['full and not begun, with little of the week left', quota({ fiveHours: [100, 5], week: [5, 100] }), 0.56],
    ['reset since it was seen', quota({ fiveHours: [3, -1], week: [60, 100] }), 0.67],
    ['half used with an hour left', quota({ fiveHours: [50, 1], week: [60, 100] }), 0.525],
    ['just begun', quota({ fiveHours: [99, 5], week: [60, 100] }), 0.2475],
    ['the only one there is', quota({ week: [50, 84] }), 0.5],
    ['the only one there is, a whole length from its reset', quota({ week: [100, 168] }), 0.5],
  ])('counts when it is %s', (_, snapshot, score) => {
    expect(outlook(snapshot).opening?.score).toBeCloseTo(score);
  });

  it('is the worst of several', () => {
    const opening = (...sketches: [number, readonly [number, number]][]) =>
      outlook(quota({ rest: { windows: sketches.flatMap(([seconds, sketch]) => windowOf(seconds, sketch)) } })).opening;
    const [good, bad, week] = [
      [90, 1],
      [50, 3],
      [60, 100],
    ] as const;
    expect(opening([18_000, good], [43_200, bad], [604_800, week])?.window.id).toBe('12h');
    expect(opening([18_000, bad], [43_200, good], [604_800, week])?.window.id).toBe('5h');
    expect(opening([18_000, [99, 0.5]], [604_800, [60, -1]])?.window.id).toBe('5h');
  });

  it('is worth more the more is left of the longest, whatever is left of those between', () => {
    const windows = [windowOf(18_000, [9, -1]), windowOf(86_400, [60, 0.001]), windowOf(604_800, [80, 100])].flat();
    expect(outlook(quota({ rest: { windows } })).opening?.score).toBeCloseTo(0.71);
  });

  it.each<[string, QuotaSnapshot, boolean]>([
    ['full, and a whole length from its reset', quota({ fiveHours: [100, 5], week: [60, 100] }), true],
    ['full, and but for a minute', quota({ fiveHours: [100, 5 - 1 / 60], week: [60, 100] }), true],
    ['full, and longer under way', quota({ fiveHours: [100, 5 - 1.1 / 60], week: [60, 100] }), false],
    ['a little used', quota({ fiveHours: [99.9, 5], week: [60, 100] }), false],
    ['full, but names no reset', quota({ rest: { windows: [undated] } }), false],
    ['full, but of no known length', quota({ rest: { windows: [{ ...unnamed, resetsAt: now + 9e9 }] } }), false],
    ['a whole day', quota({ rest: { windows: [windowOf(86_400, [100, 24])].flat() } }), true],
    ['longer than a day', quota({ week: [100, 168] }), false],
  ])('starts with the first use where it is %s', (_, snapshot, expected) => {
    expect(outlook(snapshot).opening?.isIdle).toBe(expected);
  });

  it('counts no less when it was full four hours ago than when a little of it was used then', () => {
    const seenEarlier = (left: number) => quota({ fiveHours: [left, 1], week: [60, 100], ageMs: 4 * hourMs });
    const [full, used] = [outlook(seenEarlier(100)).opening, outlook(seenEarlier(99)).opening];
    expect(full?.isIdle).toBe(true);
    expect(full?.score).toBeGreaterThanOrEqual(used?.score ?? Number.NaN);
  });
});

it('a day is the longest that opens a session', () => {
  const stands = (hoursLong: number) => windowScore({ percentLeft: 100, hoursLeft: 0, hoursLong, isIdle: false }, 60);
  expect([stands(24), stands(25)]).toEqual([1.25, 0.5]);
});

describe('how many short windows make up the longest', () => {
  const snapshot = quota({ fiveHours: [80, 3], week: [60, 120] });
  const ratio = { short: '5h', long: '7d', shortPercent: 155, longPercent: 10 };
  const lapseWith = (known: WindowRatio) => quotaOutlook(bindingQuota(snapshot, now), now, { ratio: known }).lapse;

  it('is what has been seen of these windows', () => {
    expect(lapseWith(ratio)?.shortWindows).toEqual({ id: '5h', count: 15 });
    expect(lapseWith({ ...ratio, long: '30d' })?.shortWindows).toBeUndefined();
  });

  it('makes the same share left harder to use up the more they are', () => {
    expect(lapseScore(0.5, 15)).toBeGreaterThan(lapseScore(0.5));
    expect(lapseScore(0.5, 6)).toBeLessThan(lapseScore(0.5));
    expect(lapseScore(0.5, 15)).toBeCloseTo(lapseScore(0.75));
  });
});
