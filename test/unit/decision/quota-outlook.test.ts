import { describe, expect, it } from 'vitest';
import { quotaOutlook } from '../../../src/core/decision/quota-outlook.js';
import { bindingQuota } from '../../../src/core/quota/binding-quota.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { now, quota, windowOf } from './accounts.js';

const outlook = (snapshot: QuotaSnapshot, model?: string) =>
  quotaOutlook(bindingQuota(snapshot, now, model === undefined ? {} : { model }), now);

describe('headroom', () => {
  it.each<[string, QuotaSnapshot, string]>([
    ['ample at exactly 10 %', quota({ fiveHours: [10, 3], week: [60, 100] }), 'ample'],
    ['little below', quota({ fiveHours: [9.9, 3], week: [60, 100] }), 'little'],
    ['ample when only the long window is low', quota({ fiveHours: [80, 3], week: [3, 100] }), 'ample'],
    ['ample with a weekly window alone', quota({ week: [3, 100] }), 'ample'],
    ['little with a low short window alone', quota({ fiveHours: [3, 4] }), 'little'],
    ['unknown once the short window has reset', quota({ fiveHours: [3, -1], week: [60, 100] }), 'unknown'],
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
    ['no more than all that is left within the last hour', quota({ week: [60, 0.001] }), '7d', 60],
    [
      'unknown once the week has reset, whatever the short window',
      quota({ fiveHours: [80, 3], week: [60, -1] }),
      undefined,
      undefined,
    ],
    [
      'unknown when the week names no reset',
      quota({ rest: { windows: [{ id: '7d', durationSeconds: 604_800, usedPercent: 40, remainingPercent: 60 }] } }),
      undefined,
      undefined,
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
    expect(outlook(endless, 'spark').lapse).toBeUndefined();
    const lapsed = beside([windowOf(604_800, [30, -1])].flat());
    expect(outlook(lapsed, 'spark').lapse).toBeUndefined();
    expect(outlook(endless).lapse?.percentPerHour).toBe(0.5);
  });
});
