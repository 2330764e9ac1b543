import { describe, expect, it } from 'vitest';
import { endsLike, isAhead, parseHandedOver, withHandedOver } from '../../../src/core/quota/handed-over.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { type QuotaWindow, quotaWindow } from '../../../src/core/quota/window.js';

const now = Date.UTC(2026, 10, 21, 12);
const minuteMs = 60_000;

const primary = { used_percent: 40, window_minutes: 300, resets_at: now / 1000 + 3_600 };
const secondary = { used_percent: 55, window_minutes: 10_080, resets_at: now / 1000 + 7_200 };
const ordinary = { limit_id: 'codex', primary_limit: primary, secondary_limit: secondary };

function windowOf(id: '5h' | '7d', usedPercent: number, resetsAt?: number): QuotaWindow {
  const window = quotaWindow({ durationSeconds: id === '5h' ? 18_000 : 604_800, usedPercent, resetsAt });
  if (window === undefined) throw new Error('no window');
  return window;
}

const fiveHours = windowOf('5h', 40, now + 3_600_000);
const week = windowOf('7d', 55, now + 7_200_000);
const handedOver = (...windows: QuotaWindow[]) => ({ windows, additional: [] });
const known = (...windows: QuotaWindow[]): QuotaSnapshot => ({ observedAt: now, windows, additional: [] });

describe('what the official client hands over', () => {
  it('is the ordinary limit, and those of models beside it', () => {
    const limits = [
      { limit_id: 'codex_spark', limit_name: 'Spark', primary_limit: primary },
      { ...ordinary, primary_limit: secondary, secondary_limit: primary },
      { limit_id: 'codex_other' },
    ];
    expect(parseHandedOver(limits)).toEqual({
      windows: [fiveHours, week],
      additional: [
        { limitName: 'Spark', meteredFeature: 'codex_spark', windows: [fiveHours] },
        { limitName: 'codex_other', meteredFeature: 'codex_other', windows: [] },
      ],
    });
  });

  it('is read past what makes no sense', () => {
    const limits = [
      null,
      'codex',
      { limit_id: 7 },
      { ...ordinary, primary_limit: 'all', secondary_limit: { used_percent: 3 } },
    ];
    expect(parseHandedOver(limits)).toEqual({
      windows: [{ id: 'unknown', usedPercent: 3, remainingPercent: 97 }],
      additional: [],
    });
  });

  it.each<[string, unknown]>([
    ['no list', ordinary],
    ['an empty list', []],
    ['nothing but another limit', [{ ...ordinary, limit_id: 'codex_spark' }]],
    ['an ordinary limit without windows', [{ limit_id: 'codex' }]],
    ['an ordinary limit behind a hundred others', [...new Array(100).fill({ limit_id: 'other' }), ordinary]],
  ])('is nothing in %s', (_, value) => {
    expect(parseHandedOver(value)).toBeUndefined();
  });
});

describe('numbers are of the account', () => {
  it.each<[string, QuotaWindow[], QuotaSnapshot | undefined, boolean]>([
    ['when a window ends when that one of it does', [week, fiveHours], known(fiveHours), true],
    ['when it does but for a moment', [fiveHours], known(windowOf('5h', 1, now + 3_600_000 + 2 * minuteMs)), true],
    [
      'not when it ends at another time',
      [fiveHours],
      known(windowOf('5h', 40, now + 3_600_000 + 2 * minuteMs + 1)),
      false,
    ],
    ['not when another window ends then', [fiveHours], known(windowOf('7d', 40, now + 3_600_000)), false],
    ['not when nobody knows when either ends', [windowOf('5h', 40)], known(windowOf('5h', 40)), false],
    ['when one of several does', [fiveHours], known(fiveHours, week), true],
    ['not when nothing is known of it', [fiveHours], undefined, false],
  ])('%s', (_, windows, snapshot, expected) => {
    expect(endsLike(handedOver(...windows), snapshot)).toBe(expected);
  });
});

describe('numbers of unknown age are newer', () => {
  const laterReset = windowOf('5h', 3, now + 5 * 3_600_000);

  it.each<[string, QuotaWindow[], QuotaSnapshot | undefined, boolean]>([
    ['than none', [fiveHours], undefined, true],
    ['when more is used', [windowOf('5h', 41, now + 3_600_000), week], known(fiveHours, week), true],
    ['not when all is the same', [fiveHours, week], known(fiveHours, week), false],
    ['not when less is used', [windowOf('5h', 39, now + 3_600_000)], known(fiveHours), false],
    [
      'not when one is behind, whatever the other',
      [laterReset, windowOf('7d', 54, now + 7_200_000)],
      known(fiveHours, week),
      false,
    ],
    ['when a window has begun anew', [laterReset], known(fiveHours), true],
    ['not when that is what is known already', [fiveHours], known(laterReset), false],
    ['when a window is there that was not', [fiveHours, week], known(fiveHours), true],
    ['when a window names its end that did not', [fiveHours], known(windowOf('5h', 99)), true],
    ['not when it no longer does', [windowOf('5h', 99)], known(fiveHours), false],
    ['by what is used, where neither names its end', [windowOf('5h', 2)], known(windowOf('5h', 1)), true],
  ])('%s', (_, windows, snapshot, expected) => {
    expect(isAhead(handedOver(...windows), snapshot)).toBe(expected);
  });
});

describe('with these numbers', () => {
  const spark = { limitName: 'Spark', meteredFeature: 'codex_spark', windows: [fiveHours] };

  it('the quota of an account keeps what the client does not hand over', () => {
    const kept = {
      planType: 'pro',
      credits: { hasCredits: true },
      spendControl: { reached: false },
      resetCredits: { availableCount: 2 },
      modelUsage: [{ slug: 'gpt-6' }],
    };
    const before: QuotaSnapshot = {
      ...{ observedAt: now - minuteMs, windows: [week], ...kept, allowed: false, reachedType: 'rate_limit_reached' },
      additional: [
        { ...spark, modelSlug: 'gpt-6-spark', windows: [] },
        { limitName: 'Old', meteredFeature: 'codex_old', windows: [] },
      ],
    };
    const other = { limitName: 'Other', meteredFeature: 'codex_other', windows: [] };
    expect(withHandedOver(before, { windows: [fiveHours], additional: [spark, other] }, now)).toEqual({
      ...{ observedAt: now, origin: 'official-client', windows: [fiveHours], ...kept },
      additional: [{ ...spark, modelSlug: 'gpt-6-spark' }, other],
    });
  });

  it('the quota of an account begins where nothing was known', () => {
    expect(withHandedOver(undefined, { windows: [fiveHours], additional: [spark] }, now)).toEqual({
      ...{ observedAt: now, origin: 'official-client', windows: [fiveHours], additional: [spark] },
    });
  });
});
