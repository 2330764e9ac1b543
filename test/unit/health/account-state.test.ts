import { describe, expect, it } from 'vitest';
import {
  type AccountKnowledge,
  type AccountState,
  decodeState,
  encodeState,
  withKnowledge,
  withoutExhaustion,
  withRatios,
} from '../../../src/core/health/account-state.js';
import { lookup, touch } from '../../../src/core/health/affinity.js';
import type { HealthState } from '../../../src/core/health/state.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';

const now = Date.UTC(2026, 10, 21, 12);
const hourMs = 3_600_000;
const limits = { ttlMs: hourMs, maxEntries: 9 };

const health: HealthState = { score: 80, at: now, consecutiveRefreshFailures: 1, lastReason: 'rate-limited' };

function quota(shortUsed: number, longUsed: number): QuotaSnapshot {
  const window = (id: string, durationSeconds: number, usedPercent: number) => ({
    ...{ id, durationSeconds, usedPercent },
    remainingPercent: 100 - usedPercent,
    resetsAt: now + durationSeconds * 1000,
  });
  return {
    observedAt: now,
    windows: [window('5h', 18_000, shortUsed), window('7d', 604_800, longUsed)],
    additional: [],
  };
}

const whole: AccountKnowledge = {
  health,
  quota: quota(10, 1),
  ratio: { short: '5h', long: '7d', shortPercent: 50, longPercent: 5 },
  recovery: { kind: 'reloaded', at: now },
  refusal: { code: 'closed', at: now, isLasting: true },
};

const empty: AccountState = { accounts: {}, affinity: {}, raw: {} };
const throughFile = (state: AccountState) => decodeState(JSON.parse(JSON.stringify(encodeState(state))));

describe('what is stored of the accounts', () => {
  it('comes back as it was, with what somebody else wrote beside it', () => {
    const affinity = touch({}, 'session-1', 'a', now, limits);
    const written = { accounts: { a: whole, b: {} }, affinity, switchedAt: now, raw: { theirs: [1] } };
    const read = throughFile(written);
    expect(read.accounts['a']).toEqual(whole);
    expect(read.accounts['b']).toEqual({});
    expect(read.switchedAt).toBe(now);
    expect(lookup(read.affinity, 'session-1', now, limits)).toBe('a');
    expect(read.raw).toMatchObject({ version: 1, theirs: [1] });
  });

  it('is nothing where nothing is there', () => {
    const read = decodeState({});
    expect(read).toMatchObject({ accounts: {}, affinity: {} });
    expect(read.switchedAt).toBeUndefined();
    expect(encodeState(empty)).toEqual({ version: 1, accounts: {}, affinity: {} });
  });

  it.each<[keyof AccountKnowledge, readonly unknown[]]>([
    ['health', ['good', { ...health, score: 101 }]],
    ['quota', ['all', { ...quota(1, 1), windows: 'none' }]],
    ['ratio', [10, { ...whole.ratio, short: 5 }]],
    ['refusal', ['closed', { at: now }]],
    ['recovery', ['reloaded', { kind: 'reloaded' }, { kind: 'found', at: now }, { kind: 'refreshed', at: '1' }]],
  ])('costs no more than the %s that cannot be read', (name, values) => {
    const { [name]: _, ...rest } = whole;
    for (const value of values) {
      const read = decodeState({ accounts: { a: { ...whole, [name]: value }, b: whole, c: 'odd' } });
      expect(read.accounts).toEqual({ a: rest, b: whole });
    }
    expect(decodeState({ accounts: { a: { recovery: { kind: 'refreshed', at: 1 } } } }).accounts['a']).toEqual({
      recovery: { kind: 'refreshed', at: 1 },
    });
  });

  it.each([{ accounts: [] }, { accounts: 'none' }, { affinity: [] }, { affinity: { a: 5 } }])(
    'reads past %j',
    (raw) => {
      expect(decodeState(raw)).toMatchObject({ accounts: {}, affinity: {} });
    },
  );

  it('knows nothing of an id that only looks like one', () => {
    expect(decodeState({ accounts: {} }).accounts['constructor']).toBeUndefined();
  });
});

describe('what two answers say together', () => {
  const before = withKnowledge(withKnowledge(empty, 'a', { quota: quota(10, 1) }), 'b', { quota: quota(10, 1) });

  it('is kept with the account that gave them, and leaves the others alone', () => {
    const after = withRatios(withKnowledge(before, 'a', { health, quota: quota(40, 3) }), before);
    expect(after.accounts['a']).toEqual({
      health,
      quota: quota(40, 3),
      ratio: { short: '5h', long: '7d', shortPercent: 30, longPercent: 2 },
    });
    expect(after.accounts['b']).toBe(before.accounts['b']);
  });

  it('is nothing where one of them is missing', () => {
    const first = withKnowledge(empty, 'a', { quota: quota(40, 3) });
    expect(withRatios(first, empty)).toBe(first);
    const unchanged = withKnowledge(before, 'a', { quota: quota(10, 1) });
    expect(withRatios(unchanged, before)).toBe(unchanged);
  });

  it('stays as it was found where the change says nothing of it', () => {
    const known = withKnowledge(empty, 'a', whole);
    const { ratio: _, ...withoutRatio } = whole;
    expect(withRatios(withKnowledge(known, 'a', withoutRatio), known).accounts['a']).toEqual(whole);
  });
});

describe('when the windows of an account have been filled', () => {
  const limited: HealthState = {
    ...health,
    rateLimitedUntil: now + hourMs,
    cooldown: { until: now + hourMs, reason: 'rate-limited' },
  };

  it('it is no longer known as used up, and everything else stays', () => {
    const state = withKnowledge(withKnowledge(empty, 'a', { ...whole, health: limited }), 'b', { health: limited });
    const after = withoutExhaustion(state, 'a');
    const { quota: _, ...rest } = whole;
    expect(after.accounts['a']).toEqual({ ...rest, health });
    expect(after.accounts['b']).toEqual({ health: limited });
  });

  it('a pause for another reason stays too', () => {
    const cooldown = { until: now + 1, reason: 'server-error' } as const;
    const state = withKnowledge(empty, 'a', { health: { ...limited, cooldown } });
    expect(withoutExhaustion(state, 'a').accounts['a']).toEqual({ health: { ...health, cooldown } });
  });

  it('its health stays where it was not waiting', () => {
    const state = withKnowledge(empty, 'a', { health });
    expect(withoutExhaustion(state, 'a').accounts['a']).toEqual({ health });
  });

  it('nothing is made up about one of which little or nothing is known', () => {
    expect(withoutExhaustion(empty, 'a')).toBe(empty);
    const state = withKnowledge(empty, 'a', { quota: quota(1, 1) });
    expect(withoutExhaustion(state, 'a').accounts['a']).toEqual({});
  });
});
