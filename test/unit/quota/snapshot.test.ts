import { describe, expect, it } from 'vitest';
import { bindingQuota } from '../../../src/core/quota/binding-quota.js';
import { isStale, QuotaViewSchema, toQuotaView, toSnapshot } from '../../../src/core/quota/snapshot.js';
import { isQuotaSnapshot, type QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { parseUsage } from '../../../src/core/quota/usage-payload.js';
import { quotaWindow } from '../../../src/core/quota/window.js';
import { fullPayload, observedAt } from './payloads.js';

const now = observedAt;
const hourMs = 3_600_000;

function fiveHours(usedPercent: number, resetsInHours = 2) {
  return quotaWindow({ durationSeconds: 18_000, usedPercent, resetsAt: now + resetsInHours * hourMs }) ?? [];
}

function week(usedPercent: number, resetsInHours = 72) {
  return quotaWindow({ durationSeconds: 604_800, usedPercent, resetsAt: now + resetsInHours * hourMs }) ?? [];
}

function snapshot(parts: Partial<QuotaSnapshot> = {}): QuotaSnapshot {
  return { observedAt, windows: [fiveHours(40), week(55)].flat(), additional: [], ...parts };
}

function parsed(): QuotaSnapshot {
  const result = parseUsage(fullPayload, { observedAt });
  if (result.kind !== 'ok') throw new Error(result.reason);
  return toSnapshot(result.usage);
}

const spark = {
  limitName: 'GPT-5.5-Codex-Spark',
  meteredFeature: 'codex_bengalfox',
  modelSlug: 'gpt-5.5-spark',
  windows: [fiveHours(97)].flat(),
};

describe('what is stored', () => {
  it('survives the way through a file unchanged', () => {
    const stored: unknown = JSON.parse(JSON.stringify(parsed()));
    expect(stored).toEqual(parsed());
    expect(isQuotaSnapshot(stored)).toBe(true);
  });

  it('does not say whose quota it is', () => {
    expect(JSON.stringify(parsed())).not.toMatch(/ada@example|user-1|acct-1/);
  });

  it.each([
    ['a share above 100', { usedPercent: 120 }],
    ['a reset that is no date', { resetsAt: 1e300 }],
  ])('is refused with %s', (_, damage) => {
    const [first, ...rest] = snapshot().windows;
    const damaged = { ...snapshot(), windows: [{ ...first, ...damage }, ...rest] };
    expect(isQuotaSnapshot(damaged)).toBe(false);
  });
});

describe('usableNowPercent', () => {
  it.each([
    ['the smaller of both windows', snapshot(), now, 45],
    ['one window when there is only one', snapshot({ windows: [week(20)].flat() }), now, 80],
    ['unknown without any window', snapshot({ windows: [] }), now, undefined],
    ['unknown once a binding window has reset', snapshot(), now + 2 * hourMs, undefined],
    ['unknown once all have reset', snapshot(), now + 80 * hourMs, undefined],
    ['unknown when a window could not be read', snapshot({ incomplete: true }), now, undefined],
    ['0 as soon as one is empty', snapshot({ windows: [fiveHours(1), week(100)].flat() }), now + 2 * hourMs, 0],
  ])('is %s', (_, given, at, expected) => {
    expect(bindingQuota(given, at).usableNowPercent).toBe(expected);
  });

  it.each([
    [undefined, 45],
    ['gpt-5.5', 45],
    ['GPT-5.5-Codex-Spark', 3],
    ['gpt 5.5 codex spark', 3],
    ['codex_bengalfox', 3],
    ['gpt-5.5-spark', 3],
  ])('for model %s is %d, by the limits that bind it', (model, expected) => {
    const request = model === undefined ? {} : { model };
    expect(bindingQuota(snapshot({ additional: [spark] }), now, request).usableNowPercent).toBe(expected);
  });

  it('stays with the ordinary limit when that is tighter than the model’s own', () => {
    const given = snapshot({ windows: [week(99)].flat(), additional: [spark] });
    expect(bindingQuota(given, now, { model: 'codex_bengalfox' }).usableNowPercent).toBe(1);
  });
});

describe('a refusal that no window explains', () => {
  it.each([
    ['not allowed', { allowed: false }, {}],
    ['the limit is reached', { limitReached: true }, {}],
    [
      'credits of the workspace are spent',
      { reachedType: 'workspace_member_credits_depleted' },
      { type: 'workspace_member_credits_depleted' },
    ],
    ['spend control stopped it', { spendControl: { reached: true } }, { type: 'spend_control' }],
    [
      'spend control stopped it until a time',
      { allowed: false, spendControl: { reached: true, individualLimit: { resetsAt: now + 5 * hourMs } } },
      { type: 'spend_control', resetsAt: now + 5 * hourMs },
    ],
  ])('is known when %s', (_, parts, expected) => {
    expect(bindingQuota(snapshot(parts), now).refusal).toEqual(expected);
  });

  it.each([
    ['one of two windows is full', { allowed: false, windows: [fiveHours(100), week(1)].flat() }],
    ['a full window explains it', { allowed: false, windows: [fiveHours(100)].flat() }],
    ['the server allows requests all the same', { allowed: true, reachedType: 'rate_limit_reached' }],
    ['the reached type is one the client does not know', { reachedType: 'lunar_eclipse' }],
  ])('is not claimed when %s', (_, parts) => {
    expect(bindingQuota(snapshot(parts), now).refusal).toBeUndefined();
  });

  it('is forgotten with age, or when its own end comes', () => {
    const refused = snapshot({ allowed: false });
    expect(bindingQuota(refused, now + hourMs - 1).refusal).toEqual({});
    expect(bindingQuota(refused, now + hourMs).refusal).toBeUndefined();
    const spent = snapshot({ spendControl: { reached: true, individualLimit: { resetsAt: now + 5 * hourMs } } });
    expect(bindingQuota(spent, now + 5 * hourMs - 1).refusal).toBeDefined();
    expect(bindingQuota(spent, now + 5 * hourMs).refusal).toBeUndefined();
  });

  it('of one model does not stop another', () => {
    const given = snapshot({ additional: [{ ...spark, limitReached: true }] });
    expect(bindingQuota(given, now, { model: 'codex_bengalfox' }).refusal).toEqual({ limitName: spark.limitName });
    expect(bindingQuota(given, now, { model: 'gpt-5.5' }).refusal).toBeUndefined();
  });
});

describe('isStale', () => {
  const ttlMs = 300_000;

  it.each([
    ['no snapshot', undefined, now, true],
    ['a fresh one', snapshot(), now + ttlMs - 1, false],
    ['one as old as the TTL', snapshot(), now + ttlMs, true],
    ['one from the future', snapshot(), now - 1, true],
    ['one of this moment', snapshot(), now, false],
    [
      'a fresh one of whose windows one has reset',
      snapshot({ windows: [fiveHours(100, 0.01), week(1)].flat() }),
      now + 60_000,
      true,
    ],
    ['a fresh one whose window has reset', snapshot({ windows: [fiveHours(100, 0.01)].flat() }), now + 60_000, true],
  ])('of %s', (_, given, at, expected) => {
    expect(isStale(given, at, ttlMs)).toBe(expected);
  });
});

describe('toQuotaView', () => {
  it('prints source, age and windows as documented', () => {
    expect(toQuotaView(bindingQuota(snapshot(), now), 'live', now)).toEqual({
      source: 'live',
      observedAt: '2026-11-21T12:00:00.000Z',
      usableNowPercent: 45,
      certainty: 'known',
      windows: [
        {
          id: '5h',
          durationSeconds: 18_000,
          usedPercent: 40,
          remainingPercent: 60,
          resetsAt: '2026-11-21T14:00:00.000Z',
        },
        {
          id: '7d',
          durationSeconds: 604_800,
          usedPercent: 55,
          remainingPercent: 45,
          resetsAt: '2026-11-24T12:00:00.000Z',
        },
      ],
    });
  });

  it('leaves a window out that has reset since, and the share with it', () => {
    const view = toQuotaView(bindingQuota(snapshot(), now + 3 * hourMs), 'cache', now + 3 * hourMs);
    expect(view.windows.map(({ id }) => id)).toEqual(['7d']);
    expect(view).not.toHaveProperty('usableNowPercent');
  });

  it('names the limit of a model whose windows it shows', () => {
    const view = toQuotaView(bindingQuota(parsed(), now, { model: 'GPT-5.5-Codex-Spark' }), 'cache', now);
    expect(view.windows.map(({ id, limitName }) => [id, limitName])).toEqual([
      ['5h', undefined],
      ['5h', 'GPT-5.5-Codex-Spark'],
      ['7d', undefined],
      ['budget', undefined],
    ]);
    expect(view.usableNowPercent).toBe(0);
    expect(QuotaViewSchema.safeParse(view).success).toBe(true);
  });
});
