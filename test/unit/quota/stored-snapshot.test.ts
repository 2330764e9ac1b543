import { describe, expect, it } from 'vitest';
import { isQuotaSnapshot, type QuotaSnapshot } from '../../../src/core/quota/usage.js';

const window = { id: '5h', durationSeconds: 18_000, usedPercent: 40, remainingPercent: 60, resetsAt: 5 };

/** Everything that is ever stored. */
const whole: QuotaSnapshot = {
  observedAt: 5,
  origin: 'official-client',
  planType: 'pro',
  windows: [window],
  incomplete: true,
  allowed: true,
  limitReached: false,
  reachedType: 'rate_limit_reached',
  additional: [{ limitName: 'Spark', meteredFeature: 'codex_spark', modelSlug: 'gpt-6-spark', windows: [window] }],
  credits: {
    hasCredits: true,
    unlimited: false,
    balance: '12.50',
    approxLocalMessages: [1, 5],
    approxCloudMessages: [1, 2],
  },
  spendControl: {
    reached: false,
    individualLimit: {
      source: 'workspace',
      limit: '100',
      used: '40',
      remaining: '60',
      usedPercent: 40,
      remainingPercent: 60,
      resetsAt: 5,
    },
  },
  resetCredits: {
    availableCount: 2,
    applicableCount: 1,
    credits: [
      {
        id: 'rc_1',
        resetType: 'codex_rate_limits',
        status: 'available',
        grantedAt: 5,
        expiresAt: 6,
        title: 'Thanks',
        description: 'For waiting',
      },
    ],
  },
  modelUsage: [{ slug: 'gpt-6', available: false, availableAt: 5, creditsWouldEnable: true }],
};

/** The members that must be there; all others may be left out. */
const needed = new Set([
  'observedAt',
  'windows',
  'additional',
  'windows.0.id',
  'windows.0.usedPercent',
  'windows.0.remainingPercent',
  'additional.0.limitName',
  'additional.0.meteredFeature',
  'additional.0.windows',
  'additional.0.windows.0.id',
  'additional.0.windows.0.usedPercent',
  'additional.0.windows.0.remainingPercent',
  'credits.approxLocalMessages.0',
  'credits.approxLocalMessages.1',
  'credits.approxCloudMessages.0',
  'credits.approxCloudMessages.1',
  'resetCredits.credits.0.id',
  'modelUsage.0.slug',
]);

/** The places of all members of a value and of all entries of its lists, such as `a.0.b`. */
function placesIn(value: unknown, before = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    `${before}${name}`,
    ...placesIn(member, `${before}${name}.`),
  ]);
}

/** A copy with another value in one place; undefined takes it away. */
function withAt(value: unknown, [name = '', ...rest]: readonly string[], by: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = rest.length === 0 ? by : withAt(copy[name], rest, by);
  return copy;
}

const places = placesIn(whole);
const isEntry = (place: string) => /\.0$/.test(place) && !place.includes('approx');

describe('a stored snapshot', () => {
  it('can hold all of it, or hardly anything', () => {
    expect(isQuotaSnapshot(whole)).toBe(true);
    expect(isQuotaSnapshot({ observedAt: 0, windows: [], additional: [] })).toBe(true);
  });

  it.each([null, 5, 'all', [whole]])('is not %j', (value) => {
    expect(isQuotaSnapshot(value)).toBe(false);
  });

  it.each(places)('is none with something else for %s', (place) => {
    for (const other of [null, { odd: true }, ['odd'], Number.POSITIVE_INFINITY]) {
      // Where every member may be left out, an object with none of them is valid.
      const isUnknown = !Array.isArray(other) && other !== null && typeof other === 'object' && isOptionalObject(place);
      expect(isQuotaSnapshot(withAt(whole, place.split('.'), other))).toBe(isUnknown);
    }
  });

  it.each(places.filter((place) => !isEntry(place)))('may go without %s only where that can be unknown', (place) => {
    expect(isQuotaSnapshot(withAt(whole, place.split('.'), undefined))).toBe(!needed.has(place));
  });

  it.each([
    ['observedAt', -1],
    ['observedAt', 253_402_300_800_000],
    ['origin', 'somebody'],
    ['incomplete', false],
    ['windows.0.usedPercent', -1],
    ['windows.0.usedPercent', 101],
    ['windows.0.remainingPercent', -1],
    ['windows.0.remainingPercent', 101],
    ['windows.0.durationSeconds', 0],
    ['windows.0.durationSeconds', '18000'],
    ['windows.0.resetsAt', -1],
    ['windows.0.resetsAt', 253_402_300_800_000],
    ['credits.approxLocalMessages', [1]],
    ['credits.approxCloudMessages', [1, 2, 3]],
    ['spendControl.individualLimit.resetsAt', -1],
    ['resetCredits.credits.0.expiresAt', 1e300],
    ['modelUsage.0.availableAt', -1],
  ])('is none with %s of %j', (place, value) => {
    expect(isQuotaSnapshot(withAt(whole, place.split('.'), value))).toBe(false);
  });

  it.each([
    ['observedAt', 253_402_300_799_999],
    ['windows.0.usedPercent', 0],
    ['windows.0.usedPercent', 100],
    ['windows.0.remainingPercent', 0],
    ['windows.0.durationSeconds', 0.5],
    ['windows.0.resetsAt', 0],
    ['windows', []],
    ['additional', []],
    ['modelUsage', []],
  ])('is good with %s of %j', (place, value) => {
    expect(isQuotaSnapshot(withAt(whole, place.split('.'), value))).toBe(true);
  });
});

function isOptionalObject(place: string): boolean {
  return ['credits', 'spendControl', 'spendControl.individualLimit', 'resetCredits'].includes(place);
}
