import { describe, expect, it } from 'vitest';
import { parseResetCredits } from '../../../src/core/quota/reset-credits.js';
import { parseUsage } from '../../../src/core/quota/usage-payload.js';
import { fullPayload, observedAt, window } from './payloads.js';

function usageOf(json: unknown) {
  const parsed = parseUsage(json, { observedAt });
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
    expect(parseUsage(json, { observedAt })).toEqual({ kind: 'malformed', reason: 'not-an-object' });
  });

  it.each([
    ['an empty object', {}],
    ['an error body', { error: { code: 'token_expired' }, detail: 'x' }],
    ['nothing but nulls', { plan_type: null, rate_limit: null, credits: null }],
  ])('does not take %s for a usage answer', (_, json) => {
    expect(parseUsage(json, { observedAt })).toEqual({ kind: 'malformed', reason: 'no-usage-members' });
  });

  it.each([
    ['floats', window(12.5, 18_000), { id: '5h', usedPercent: 12.5, remainingPercent: 87.5 }],
    ['numeric strings', window('40', '18000'), { id: '5h', usedPercent: 40, remainingPercent: 60 }],
    ['a weekly window in the first slot', window(3, 604_800), { id: '7d', usedPercent: 3 }],
    ['another duration', window(3, 2_592_000), { id: '30d' }],
    ['more than everything', window(130, 18_000), { usedPercent: 100, remainingPercent: 0 }],
    ['a negative duration', window(30, -5), { id: 'unknown', usedPercent: 30 }],
    ['no duration', window(30, null), { id: 'unknown', usedPercent: 30 }],
    ['a duration of ages', window(30, 1e300), { id: 'unknown', usedPercent: 30 }],
    [
      'a reset in milliseconds',
      { ...window(3, 18_000), reset_after_seconds: null, reset_at: observedAt + 60_000 },
      { resetsAt: observedAt + 60_000 },
    ],
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
    ['less than nothing', window(-4, 18_000)],
    ['a share beyond all sense', window(1e300, 18_000)],
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

  it.each([
    ['negative', { reset_at: -1, reset_after_seconds: -1 }],
    ['beyond any calendar', { reset_at: 1e15, reset_after_seconds: 1e300 }],
    ['in 1970', { reset_at: 0, reset_after_seconds: null }],
    ['of another year than the window', { reset_at: 1_900_000_000, reset_after_seconds: 1e8 }],
    ['in words', { reset_at: 'soon', reset_after_seconds: 'later' }],
  ])('does not know the reset of a window that is %s, and keeps its share', (_, reset) => {
    const [read] = usageOf(rateLimit({ ...window(30, 18_000), ...reset })).windows;
    expect(read).toEqual({ id: '5h', durationSeconds: 18_000, usedPercent: 30, remainingPercent: 70 });
  });

  it.each([-6, 6])('counts by the clock of the server when ours is off by %d hours', (hours) => {
    const serverNow = observedAt - hours * 3_600_000;
    const at = (reset: object) => {
      const parsed = parseUsage(rateLimit({ ...window(30, 18_000), ...reset }), { observedAt, serverNow });
      return parsed.kind === 'ok' ? parsed.usage.windows[0]?.resetsAt : undefined;
    };
    const named = serverNow / 1000 + 7_200;
    expect(at({ reset_at: named, reset_after_seconds: 7_200 })).toBe(observedAt + 7_200_000);
    expect(at({ reset_at: named, reset_after_seconds: null })).toBe(observedAt + 7_200_000);
  });

  it('counts from the answer, else takes the named reset, else knows none', () => {
    const resets = [
      { reset_at: observedAt / 1000 + 60, reset_after_seconds: 5 },
      { reset_at: observedAt / 1000 + 60, reset_after_seconds: null },
      { reset_at: null, reset_after_seconds: 90 },
      { reset_at: 'soon', reset_after_seconds: '90' },
      { reset_at: undefined, reset_after_seconds: undefined },
    ].map((reset) => usageOf(rateLimit({ ...window(1, 18_000), ...reset })).windows[0]?.resetsAt);
    expect(resets).toEqual([
      observedAt + 5_000,
      observedAt + 60_000,
      observedAt + 90_000,
      observedAt + 90_000,
      undefined,
    ]);
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

describe('what an answer says besides its windows', () => {
  it('is one of usage with any of these members alone', () => {
    for (const member of [
      { plan_type: 'pro' },
      { rate_limit: {} },
      { additional_rate_limits: [] },
      { credits: {} },
      { spend_control: {} },
    ]) {
      expect(parseUsage(member, { observedAt }).kind).toBe('ok');
    }
  });

  it('is cut where it lists more limits than there are models', () => {
    const limits = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ limit_name: `l${n}`, normal_model_slug: `m${n}`, rate_limit: null }));
    const whole = usageOf({ additional_rate_limits: limits(100) });
    expect(whole.additional.at(-1)).toEqual({
      ...{ limitName: 'l99', meteredFeature: 'l99', modelSlug: 'm99', windows: [] },
    });
    expect(whole).not.toHaveProperty('incomplete');
    const cut = usageOf({ additional_rate_limits: limits(101) });
    expect(cut.additional).toHaveLength(100);
    expect(cut.incomplete).toBe(true);
  });

  it('names a limit by its feature where it has no name', () => {
    expect(usageOf({ additional_rate_limits: [{ metered_feature: 'codex_spark' }] }).additional).toEqual([
      { limitName: 'codex_spark', meteredFeature: 'codex_spark', windows: [] },
    ]);
  });

  it('tells of each model whether it can be used, by our clock', () => {
    const at = observedAt / 1000 + 60;
    const models = {
      'gpt-6': { available: false, available_at: at, credits_would_enable: true },
      'gpt-5': { available: 'yes', available_at: 'soon' },
      old: { available: false, available_at: observedAt / 1000 - 2 * 86_400 },
      '': { available: true },
      odd: 'yes',
    };
    expect(usageOf({ plan_type: 'pro', model_usage: models }).modelUsage).toEqual([
      { slug: 'gpt-6', available: false, availableAt: at * 1000, creditsWouldEnable: true },
      { slug: 'gpt-5' },
      { slug: 'old', available: false },
    ]);
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`m${n}`, {}]));
    expect(usageOf({ plan_type: 'pro', model_usage: many }).modelUsage).toHaveLength(200);
    expect(usageOf({ plan_type: 'pro', model_usage: {} })).not.toHaveProperty('modelUsage');
    expect(usageOf({ plan_type: 'pro', model_usage: [] })).not.toHaveProperty('modelUsage');
  });

  it.each<[unknown, [number, number] | undefined]>([
    [
      [1, 5],
      [1, 5],
    ],
    [
      ['0', 1e6],
      [0, 1e6],
    ],
    [[1], undefined],
    [[null, 5], undefined],
    [[-1, 5], undefined],
    [[1, 1e6 + 1], undefined],
    ['many', undefined],
  ])('estimates %j messages as %j', (estimate, expected) => {
    const { credits } = usageOf({ credits: { approx_local_messages: estimate, approx_cloud_messages: estimate } });
    expect(credits?.approxLocalMessages).toEqual(expected);
    expect(credits?.approxCloudMessages).toEqual(expected);
  });

  it('knows a spending limit as far as its numbers make sense', () => {
    const spend = (limit: unknown) =>
      usageOf({ spend_control: { reached: true, individual_limit: limit } }).spendControl;
    expect(spend(null)).toEqual({ reached: true });
    expect(spend({ limit: 100, used: 'much', used_percent: 140, remaining_percent: -1, reset_at: 'soon' })).toEqual({
      reached: true,
      individualLimit: { limit: '100', usedPercent: 100 },
    });
    expect(usageOf({ spend_control: { reached: 'yes' } }).spendControl).toEqual({});
  });

  it('is a window of each kind that the limits of models have', () => {
    const limit = {
      limit_name: 'Spark',
      rate_limit: { allowed: 1, limit_reached: 0, secondary_window: window(1, 18_000) },
    };
    const [spark] = usageOf({ additional_rate_limits: [limit] }).additional;
    expect(spark).toMatchObject({ windows: [{ id: '5h' }] });
    expect(spark).not.toHaveProperty('allowed');
    expect(spark).not.toHaveProperty('limitReached');
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
