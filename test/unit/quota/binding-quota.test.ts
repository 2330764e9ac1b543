import { describe, expect, it } from 'vitest';
import { bindingQuota, wouldGoOnWithCredits } from '../../../src/core/quota/binding-quota.js';
import { certaintyOf } from '../../../src/core/quota/snapshot.js';
import type { QuotaSnapshot, SpendControl } from '../../../src/core/quota/usage.js';
import { type QuotaWindow, quotaWindow } from '../../../src/core/quota/window.js';

const now = Date.UTC(2026, 10, 21, 12);
const hourMs = 3_600_000;

function windowOf(durationSeconds: number, usedPercent: number, resetsInHours = 2): QuotaWindow[] {
  return [quotaWindow({ durationSeconds, usedPercent, resetsAt: now + resetsInHours * hourMs }) ?? []].flat();
}

const fiveHours = (used: number, hours?: number) => windowOf(18_000, used, hours);
const week = (used: number, hours?: number) => windowOf(604_800, used, hours);

function snapshot(parts: Partial<QuotaSnapshot> = {}): QuotaSnapshot {
  return { observedAt: now, windows: [...fiveHours(40), ...week(55)], additional: [], ...parts };
}

const binding = (parts: Partial<QuotaSnapshot> = {}, model?: string, at = now) =>
  bindingQuota(snapshot(parts), at, model === undefined ? {} : { model });

const budget = (individualLimit: SpendControl['individualLimit'], reached?: boolean) => ({
  spendControl: { ...(individualLimit && { individualLimit }), ...(reached === undefined ? {} : { reached }) },
});

describe('what binds a request', () => {
  it('is nothing where requests pass and no window is named', () => {
    expect(binding({ windows: [], allowed: true })).toMatchObject({ isUnlimited: true, usableNowPercent: 100 });
    expect(binding({ credits: { unlimited: true } })).toMatchObject({ isUnlimited: true, windows: [] });
  });

  it.each<[string, Partial<QuotaSnapshot>]>([
    ['nobody says that requests pass', { windows: [] }],
    ['requests do not pass', { windows: [], allowed: false }],
    ['a window is named', { allowed: true }],
    ['a window could not be read', { windows: [], allowed: true, incomplete: true }],
    ['there is a budget beside unlimited credits', { credits: { unlimited: true }, ...budget({ usedPercent: 1 }) }],
    [
      'the provider refuses all the same',
      { credits: { unlimited: true }, reachedType: 'workspace_owner_usage_limit_reached' },
    ],
  ])('is something where %s', (_, parts) => {
    expect(binding(parts).isUnlimited).toBe(false);
  });

  it('is the budget too, behind the windows that end sooner', () => {
    const parts = budget({ usedPercent: 70, resetsAt: now + 1 });
    expect(binding(parts).windows.map(({ id, remainingPercent }) => [id, remainingPercent])).toEqual([
      ['5h', 60],
      ['7d', 45],
      ['budget', 30],
    ]);
    expect(binding(parts).usableNowPercent).toBe(30);
  });

  it('holds what the answer said besides', () => {
    expect(binding({ origin: 'official-client', planType: 'pro' })).toMatchObject({
      observedAt: now,
      origin: 'official-client',
      planType: 'pro',
    });
    expect(binding().origin).toBeUndefined();
  });

  it('has reset where its time has come', () => {
    const later = binding({}, undefined, now + 2 * hourMs);
    expect(later).toMatchObject({ windows: [], isIncomplete: false });
    expect(later.lapsed.map(({ id }) => id)).toEqual(['5h', '7d']);
    expect(binding().lapsed).toEqual([]);
  });

  it('is unknown where the limit of the model could not be read, and of no other', () => {
    const parts = {
      additional: [{ limitName: 'Spark', meteredFeature: 'spark', windows: [], incomplete: true as const }],
    };
    expect(binding(parts, 'spark').isIncomplete).toBe(true);
    expect(binding(parts, 'gpt-6').isIncomplete).toBe(false);
  });
});

describe('the budget', () => {
  it.each<[string, Partial<QuotaSnapshot>, number | undefined]>([
    ['is what is left of it', budget({ usedPercent: 40, remainingPercent: 58 }), 58],
    ['is else what is not used', budget({ usedPercent: 40 }), 60],
    ['is else counted from the amounts', budget({ limit: '200', used: '50' }), 75],
    ['is counted in any currency', budget({ limit: '$200.00', used: '$ 50.00' }), 75],
    ['is counted in thousands', budget({ limit: '1,000.00', used: '250.00' }), 75],
    ['is counted with a comma before the cents', budget({ limit: '200,00 €', used: '50,00 €' }), 75],
    ['is counted from the amount that is left', budget({ limit: '200', remaining: '50' }), 25],
    ['is all there is where more is left than that', budget({ limit: '200', remaining: '300' }), 100],
    ['is nothing once it was reached, whatever the numbers', budget({ usedPercent: 40 }, true), 0],
    ['is not known without a limit', budget({ used: '50' }), undefined],
    ['is not known with a limit of nothing', budget({ limit: '0', used: '50' }), undefined],
    ['is not known without what is used', budget({ limit: '200' }), undefined],
    ['is none where there is none', {}, undefined],
  ])('%s', (_, parts, expected) => {
    const found = binding({ ...parts, windows: [] }).windows;
    expect(found.map(({ id, remainingPercent }) => [id, remainingPercent])).toEqual(
      expected === undefined ? [] : [['budget', expected]],
    );
  });
});

describe('a model that is not available', () => {
  const usage = { slug: 'gpt-6', available: false };
  const block = (parts: object, model = 'gpt-6', at = now) =>
    binding(
      {
        modelUsage: [
          { slug: 'other', available: false },
          { ...usage, ...parts },
        ],
      },
      model,
      at,
    ).modelBlock;

  it.each<[string, object | undefined, object | undefined]>([
    ['blocks whoever asks for it', block({}), { model: 'gpt-6' }],
    ['by any of its names', block({}, 'GPT 6 preview'), { model: 'gpt-6' }],
    ['blocks nobody else', block({}, 'gpt-5'), undefined],
    ['does not when it is', block({ available: true }), undefined],
    ['does not when nobody says so', block({ available: undefined }), undefined],
    [
      'blocks until its time',
      block({ availableAt: now + 1, creditsWouldEnable: true }),
      { model: 'gpt-6', availableAt: now + 1, creditsWouldEnable: true },
    ],
    ['and no longer', block({ availableAt: now }), undefined],
    ['blocks for an hour where it names no time', block({}, 'gpt-6', now + hourMs - 1), { model: 'gpt-6' }],
    ['and no longer than that', block({}, 'gpt-6', now + hourMs), undefined],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });

  it('blocks nothing where no model is asked for', () => {
    expect(binding({ modelUsage: [usage] }).modelBlock).toBeUndefined();
  });
});

describe('credits', () => {
  const some = { hasCredits: true, balance: '12.50' };

  it.each<[string, Partial<QuotaSnapshot>, object | undefined]>([
    ['are usable', { credits: some }, { balance: '12.50' }],
    ['are usable where nobody says how many', { credits: { hasCredits: true } }, {}],
    ['are usable in any currency', { credits: { hasCredits: true, balance: '$ 0.01' } }, { balance: '$ 0.01' }],
    ['are not, where they are spent', { credits: { hasCredits: true, balance: '0.00' } }, undefined],
    ['are not, where they are spent in any currency', { credits: { hasCredits: true, balance: '$ 0.00' } }, undefined],
    ['are not, where they are overdrawn', { credits: { hasCredits: true, balance: '-3' } }, undefined],
    ['are none where there are none', { credits: { hasCredits: false, balance: '5' } }, undefined],
    ['are none where nobody says so', { credits: { balance: '5' } }, undefined],
    ['are no matter where there is no end to them', { credits: { ...some, unlimited: true } }, undefined],
    ['are not, where spending was stopped', { credits: some, spendControl: { reached: true } }, undefined],
    ['are, where it was not', { credits: some, spendControl: { reached: false } }, { balance: '12.50' }],
    [
      'are not, where those of the owner are spent',
      { credits: some, reachedType: 'workspace_owner_credits_depleted' },
      undefined,
    ],
    [
      'are not, where those of the member are spent',
      { credits: some, reachedType: 'workspace_member_credits_depleted' },
      undefined,
    ],
    [
      'are, where another limit was reached',
      { credits: some, reachedType: 'rate_limit_reached' },
      { balance: '12.50' },
    ],
  ])('%s', (_, parts, expected) => {
    expect(binding(parts).credits).toEqual(expected);
  });

  const empty = week(100);
  const spark = { limitName: 'Spark', meteredFeature: 'spark', windows: fiveHours(100) };
  const modelUsage = (creditsWouldEnable?: boolean) => [
    { slug: 'gpt-6', available: false, ...(creditsWouldEnable === undefined ? {} : { creditsWouldEnable }) },
  ];

  it.each<[string, Partial<QuotaSnapshot>, string | undefined, boolean]>([
    ['would be used when a window is used up', { credits: some, windows: empty }, undefined, true],
    ['would not without any', { windows: empty }, undefined, false],
    ['would not while nothing is used up', { credits: some }, undefined, false],
    ['would be when the limit was reached', { credits: some, reachedType: 'rate_limit_reached' }, undefined, true],
    ['would be when requests are refused for no reason', { credits: some, allowed: false }, undefined, true],
    [
      'would not be where the workspace sets a limit',
      { credits: some, reachedType: 'workspace_owner_usage_limit_reached' },
      undefined,
      false,
    ],
    ['would not help with a model that they do not open', { credits: some, modelUsage: modelUsage() }, 'gpt-6', false],
    ['would help with one that they do', { credits: some, modelUsage: modelUsage(true) }, 'gpt-6', true],
    ['are not known to help with the limit of a model', { credits: some, additional: [spark] }, 'spark', false],
    ['do not help with a budget', { credits: some, windows: empty, ...budget({ usedPercent: 100 }) }, undefined, false],
    [
      'help with a window beside a budget',
      { credits: some, windows: empty, ...budget({ usedPercent: 99 }) },
      undefined,
      true,
    ],
  ])('%s', (_, parts, model, expected) => {
    expect(wouldGoOnWithCredits(binding(parts, model))).toBe(expected);
  });
});

describe('a refusal', () => {
  it.each<[string, Partial<QuotaSnapshot>, object | undefined]>([
    ['names what was reached', { limitReached: true, reachedType: 'lunar_eclipse' }, { type: 'lunar_eclipse' }],
    ...[
      'rate_limit_reached',
      'workspace_owner_credits_depleted',
      'workspace_owner_usage_limit_reached',
      'workspace_member_usage_limit_reached',
    ].map((reachedType): [string, Partial<QuotaSnapshot>, object] => [
      `is ${reachedType}`,
      { reachedType },
      { type: reachedType },
    ]),
    [
      'says that before the spend control',
      { reachedType: 'rate_limit_reached', spendControl: { reached: true } },
      { type: 'rate_limit_reached' },
    ],
    ['is not in a spend control that was not reached', { spendControl: { reached: false } }, undefined],
    [
      'is explained by an empty budget that names its end',
      { allowed: false, ...budget({ usedPercent: 100, resetsAt: now + hourMs }) },
      undefined,
    ],
    ['is not by one that names none', { allowed: false, ...budget({ usedPercent: 100 }) }, {}],
    [
      'is not by one that has something left',
      { allowed: false, ...budget({ usedPercent: 99, resetsAt: now + hourMs }) },
      {},
    ],
    [
      'by a window is made up for by unlimited credits',
      { limitReached: true, reachedType: 'rate_limit_reached', credits: { unlimited: true } },
      undefined,
    ],
    ['for no reason is too', { limitReached: true, credits: { unlimited: true } }, undefined],
    ['is not by credits that end', { limitReached: true, credits: { unlimited: false, hasCredits: true } }, {}],
    [
      'of the workspace is not made up for by them',
      { reachedType: 'workspace_owner_usage_limit_reached', credits: { unlimited: true } },
      { type: 'workspace_owner_usage_limit_reached' },
    ],
    [
      'ends when the spend control does',
      { spendControl: { reached: true, individualLimit: { resetsAt: now } } },
      undefined,
    ],
    [
      'does not end when a spend control does that was not reached',
      { allowed: false, ...budget({ resetsAt: now }, false) },
      {},
    ],
  ])('%s', (_, parts, expected) => {
    expect(binding(parts).refusal).toEqual(expected);
  });

  it('of a model has nothing to do with what the account has reached', () => {
    const spark = { limitName: 'Spark', meteredFeature: 'spark', windows: fiveHours(3), allowed: false };
    const parts = {
      allowed: true,
      reachedType: 'lunar_eclipse',
      ...budget({ resetsAt: now + hourMs }),
      additional: [spark],
    };
    expect(binding(parts, 'spark').refusal).toEqual({ limitName: 'Spark' });
    expect(binding({ ...parts, additional: [{ ...spark, windows: fiveHours(100) }] }, 'spark').refusal).toBeUndefined();
  });
});

describe('the numbers are', () => {
  it.each<[string, Partial<QuotaSnapshot>, number, string]>([
    ['known', {}, now, 'known'],
    ['known almost an hour later', { windows: week(1) }, now + hourMs - 1, 'known'],
    ['old after an hour', { windows: week(1) }, now + hourMs, 'old'],
    ['partly known where one could not be read', { incomplete: true }, now, 'partly'],
    ['partly known where one has reset', { windows: [...fiveHours(1, -1), ...week(1)] }, now, 'partly'],
    ['unknown where all have', {}, now + 9 * hourMs, 'unknown'],
    ['unknown where there are none', { windows: [] }, now, 'unknown'],
    ['known where nothing limits', { windows: [], allowed: true }, now, 'known'],
  ])('%s', (_, parts, at, expected) => {
    expect(certaintyOf(binding(parts, undefined, at), at)).toBe(expected);
  });
});
