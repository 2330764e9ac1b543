import { describe, expect, it } from 'vitest';
import { parseResetCredits } from '../../../src/core/quota/reset-credits.js';
import { parseUsage } from '../../../src/core/quota/usage-payload.js';
import { fullPayload, observedAt, window } from './payloads.js';

function usageOf(json: unknown) {
  const parsed = parseUsage(json, observedAt);
  if (parsed.kind !== 'ok') throw new Error(`malformed: ${parsed.reason}`);
  return parsed.usage;
}

const rateLimit = (primary: unknown, secondary: unknown = null) => ({
  plan_type: 'pro',
  rate_limit: { allowed: true, limit_reached: false, primary_window: primary, secondary_window: secondary },
});

describe('parseUsage', () => {
  it('reads everything the endpoint is known to say', () => {
    expect(usageOf(fullPayload)).toMatchInlineSnapshot(`
      {
        "accountId": "acct-1",
        "additional": [
          {
            "allowed": false,
            "limitName": "GPT-5.5-Codex-Spark",
            "limitReached": true,
            "meteredFeature": "codex_bengalfox",
            "windows": [
              {
                "durationSeconds": 18000,
                "id": "5h",
                "remainingPercent": 0,
                "resetsAt": 1795264200000,
                "usedPercent": 100,
              },
            ],
          },
        ],
        "allowed": true,
        "credits": {
          "approxCloudMessages": [
            1,
            2,
          ],
          "approxLocalMessages": [
            1,
            5,
          ],
          "balance": "12.34",
          "hasCredits": true,
          "unlimited": false,
        },
        "email": "ada@example.test",
        "limitReached": false,
        "observedAt": 1795262400000,
        "planType": "pro",
        "resetCredits": {
          "availableCount": 2,
        },
        "spendControl": {
          "individualLimit": {
            "limit": "100.00",
            "remaining": "60.00",
            "remainingPercent": 60,
            "resetsAt": 1795262410000,
            "source": "workspace",
            "used": "40.00",
            "usedPercent": 40,
          },
          "reached": false,
        },
        "userId": "user-1",
        "windows": [
          {
            "durationSeconds": 18000,
            "id": "5h",
            "remainingPercent": 60,
            "resetsAt": 1795269600000,
            "usedPercent": 40,
          },
          {
            "durationSeconds": 604800,
            "id": "7d",
            "remainingPercent": 45,
            "resetsAt": 1795521600000,
            "usedPercent": 55,
          },
        ],
      }
    `);
  });

  it.each([
    ['null', null],
    ['text', 'Just a moment...'],
    ['a number', 7],
    ['a list', [fullPayload]],
  ])('takes %s for no object', (_, json) => {
    expect(parseUsage(json, observedAt)).toEqual({ kind: 'malformed', reason: 'not-an-object' });
  });

  it.each([
    ['an empty object', {}],
    ['an error body', { error: { code: 'token_expired' }, detail: 'x' }],
    ['nothing but nulls', { plan_type: null, rate_limit: null, credits: null }],
  ])('does not take %s for a usage answer', (_, json) => {
    expect(parseUsage(json, observedAt)).toEqual({ kind: 'malformed', reason: 'no-usage-members' });
  });

  it.each([
    ['floats', window(12.5, 18_000), { id: '5h', usedPercent: 12.5, remainingPercent: 87.5 }],
    ['numeric strings', window('40', '18000'), { id: '5h', usedPercent: 40, remainingPercent: 60 }],
    ['a weekly window in the first slot', window(3, 604_800), { id: '7d', usedPercent: 3 }],
    ['another duration', window(3, 2_592_000), { id: '30d' }],
    ['more than everything', window(130, 18_000), { usedPercent: 100, remainingPercent: 0 }],
    ['less than nothing', window(-4, 18_000), { usedPercent: 0, remainingPercent: 100 }],
    ['unknown members', { ...window(3, 18_000), shiny: { new: true } }, { usedPercent: 3 }],
  ])('reads a window with %s', (_, primary, expected) => {
    const usage = usageOf(rateLimit(primary));
    expect(usage.windows).toEqual([expect.objectContaining(expected)]);
    expect(usage.incomplete).toBeUndefined();
  });

  it.each([
    ['no share', window(null, 18_000)],
    ['a share in words', window('half', 18_000)],
    ['an overflowing share', window('1e999', 18_000)],
    ['a negative duration', window(30, -5)],
    ['no duration', window(30, null)],
    ['a negative reset', { ...window(30, 18_000), reset_at: -1, reset_after_seconds: -1 }],
    ['a reset beyond any calendar', { ...window(30, 18_000), reset_at: 1e15, reset_after_seconds: null }],
    ['nothing but text', 'none'],
  ])('leaves a window with %s out and says that something is missing', (_, primary) => {
    const usage = usageOf(rateLimit(primary, window(20, 604_800)));
    expect(usage.windows.map(({ id }) => id)).toEqual(['7d']);
    expect(usage.incomplete).toBe(true);
  });

  it.each([
    ['both windows null', rateLimit(null, null)],
    ['the windows absent', { plan_type: 'pro', rate_limit: { allowed: true, limit_reached: false } }],
    ['the limit null', { plan_type: 'pro', rate_limit: null }],
    ['the limit absent', { plan_type: 'pro' }],
  ])('knows no window, and misses none, with %s', (_, json) => {
    const usage = usageOf(json);
    expect(usage.windows).toEqual([]);
    expect(usage.incomplete).toBeUndefined();
  });

  it('prefers the named reset, else counts from the answer, else knows none', () => {
    const named = Math.floor(observedAt / 1000) + 30;
    const resets = [
      { reset_at: named, reset_after_seconds: 5 },
      { reset_at: null, reset_after_seconds: 90 },
      { reset_at: 'soon', reset_after_seconds: '90' },
      { reset_at: undefined, reset_after_seconds: undefined },
    ].map((reset) => usageOf(rateLimit({ ...window(1, 18_000), ...reset })).windows[0]?.resetsAt);
    expect(resets).toEqual([named * 1000, observedAt + 90_000, observedAt + 90_000, undefined]);
  });

  it.each([-2, 2])('counts from the answer where our clock is %i days off the one that names the reset', (days) => {
    const reset = { reset_at: Math.floor(observedAt / 1000) + 600 + days * 86_400, reset_after_seconds: 600 };
    const [seen] = usageOf(rateLimit({ ...window(1, 18_000), ...reset })).windows;
    expect(seen?.resetsAt).toBe(observedAt + 600_000);
  });

  it('keeps a plan it never heard of verbatim', () => {
    expect(usageOf({ plan_type: 'Galactic_2027' }).planType).toBe('Galactic_2027');
  });

  it('keeps the good additional limits beside the broken ones', () => {
    const usage = usageOf({
      additional_rate_limits: [
        null,
        7,
        { rate_limit: null },
        { limit_name: 'Spark', metered_feature: 'codex_bengalfox', rate_limit: null },
        { limit_name: 'Other', metered_feature: 'codex_other', rate_limit: 'later' },
      ],
    });
    expect(usage.additional).toEqual([
      { limitName: 'Spark', meteredFeature: 'codex_bengalfox', windows: [] },
      { limitName: 'Other', meteredFeature: 'codex_other', windows: [], incomplete: true },
    ]);
  });

  it.each([
    ['the documented object', { type: 'rate_limit_reached' }, 'rate_limit_reached'],
    ['a plain string', 'rate_limit_reached', 'rate_limit_reached'],
    ['an unknown type', { type: 'lunar_eclipse' }, 'lunar_eclipse'],
    ['null', null, undefined],
  ])('reads the reached type from %s', (_, value, expected) => {
    expect(usageOf({ plan_type: 'team', rate_limit_reached_type: value }).reachedType).toBe(expected);
  });

  it('keeps the balance exact, as a string', () => {
    expect(usageOf({ credits: { balance: '0.10' } }).credits).toEqual({ balance: '0.10' });
    expect(usageOf({ credits: { balance: 12 } }).credits).toEqual({ balance: '12' });
  });
});

describe('parseResetCredits', () => {
  it('reads the list with its expiry, in seconds or as a date', () => {
    const credits = parseResetCredits({
      credits: [
        { id: 'rc_1', reset_type: 'codex_rate_limits', status: 'available', granted_at: 1_795_000_000 },
        { id: 'rc_2', expires_at: '2026-12-01T00:00:00Z', title: 'Thanks' },
        { status: 'available' },
        'junk',
      ],
      available_count: 2,
      total_earned_count: 3,
    });
    expect(credits).toEqual({
      availableCount: 2,
      credits: [
        { id: 'rc_1', resetType: 'codex_rate_limits', status: 'available', grantedAt: 1_795_000_000_000 },
        { id: 'rc_2', expiresAt: Date.UTC(2026, 11, 1), title: 'Thanks' },
      ],
    });
  });

  it.each([[null], [{}], ['2'], [{ available_count: 'many' }]])('knows nothing from %j', (json) => {
    expect(parseResetCredits(json)).toBeUndefined();
  });
});
