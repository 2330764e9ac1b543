import { describe, expect, it } from 'vitest';
import type { HealthEvent } from '../../../src/core/health/events.js';
import { healthBand } from '../../../src/core/health/score.js';
import { applyEvent, type HealthState, isHealthState, readHealth, shouldFlag } from '../../../src/core/health/state.js';

const now = Date.UTC(2026, 10, 21, 12);
const hourMs = 3_600_000;
const settings = { networkErrorCooldownMs: 6_000 };

function stateAfter(...events: HealthEvent[]): HealthState {
  const [first, ...rest] = events;
  if (first === undefined) throw new Error('no event');
  return rest.reduce(
    (state, event) => applyEvent(state, event, now, settings),
    applyEvent(undefined, first, now, settings),
  );
}

const soft: HealthEvent = { kind: 'refresh-failed', severity: 'soft' };
const hard: HealthEvent = { kind: 'refresh-failed', severity: 'hard' };

describe('the score after', () => {
  it.each<[string, HealthEvent[], number]>([
    ['a success', [{ kind: 'success' }], 100],
    ['a network error', [{ kind: 'network-error' }], 80],
    ['a server error', [{ kind: 'server-error' }], 80],
    ['a rate limit', [{ kind: 'rate-limited' }], 90],
    ['a soft refusal', [soft], 40],
    ['a dead token', [hard], 40],
    ['a request that was turned down', [{ kind: 'network-error' }, { kind: 'refused' }], 80],
    ['a refresh after anything', [hard, { kind: 'network-error' }, { kind: 'refreshed' }], 100],
    ['eleven rate limits', new Array(11).fill({ kind: 'rate-limited' }), 0],
    ['a refusal when it was lower already', [...new Array(4).fill({ kind: 'network-error' }), soft], 20],
    ['ten network errors', new Array(10).fill({ kind: 'network-error' }), 0],
    ['a success after anything', [hard, { kind: 'network-error' }, { kind: 'success' }], 100],
  ])('%s', (_, events, expected) => {
    expect(readHealth(stateAfter(...events), now).score).toBe(expected);
  });
});

describe('rest', () => {
  it.each([
    [0, 40],
    [0.4, 40],
    [0.5, 41],
    [1, 42],
    [15, 70],
    [30, 100],
    [1_000, 100],
    [-5, 40],
  ])('of %d h brings 40 to %d', (hours, expected) => {
    expect(readHealth(stateAfter(soft), now + hours * hourMs).score).toBe(expected);
  });

  it('counts before the next event is applied', () => {
    const later = applyEvent(stateAfter(soft), { kind: 'network-error' }, now + 10 * hourMs, settings);
    expect(readHealth(later, now + 10 * hourMs).score).toBe(40);
  });
});

it.each([
  [100, 'healthy'],
  [70, 'healthy'],
  [69, 'degraded'],
  [50, 'degraded'],
  [49, 'unhealthy'],
  [0, 'unhealthy'],
])('a score of %d is %s', (score, band) => {
  expect(healthBand(score)).toBe(band);
});

describe('a cooldown', () => {
  const reset = now + 2 * hourMs;

  it.each<[string, HealthEvent[], unknown]>([
    ['6 s after a network error', [{ kind: 'network-error' }], { until: now + 6_000, reason: 'network-error' }],
    ['6 s after a server error', [{ kind: 'server-error' }], { until: now + 6_000, reason: 'server-error' }],
    ['60 s after a rate limit', [{ kind: 'rate-limited' }], { until: now + 60_000, reason: 'rate-limited' }],
    ['to the named reset', [{ kind: 'rate-limited', resetsAt: reset }], { until: reset, reason: 'rate-limited' }],
    [
      '60 s when the named reset has passed',
      [{ kind: 'rate-limited', resetsAt: now - 1 }],
      { until: now + 60_000, reason: 'rate-limited' },
    ],
    [
      'as long as the longer of two',
      [{ kind: 'rate-limited', resetsAt: reset }, { kind: 'network-error' }],
      { until: reset, reason: 'rate-limited' },
    ],
    [
      '60 s when the named reset is now',
      [{ kind: 'rate-limited', resetsAt: now }],
      { until: now + 60_000, reason: 'rate-limited' },
    ],
    [
      'as long as the later of two, for its reason',
      [{ kind: 'network-error' }, { kind: 'rate-limited' }],
      { until: now + 60_000, reason: 'rate-limited' },
    ],
    [
      'as long as both, for the reason of the second',
      [{ kind: 'network-error' }, { kind: 'server-error' }],
      { until: now + 6_000, reason: 'server-error' },
    ],
    ['none after a refusal', [soft], undefined],
    ['none after a success', [{ kind: 'rate-limited', resetsAt: reset }, { kind: 'success' }], undefined],
  ])('lasts %s', (_, events, expected) => {
    expect(readHealth(stateAfter(...events), now).cooldown).toEqual(expected);
  });

  it('is ignored once it is over, and stays on record', () => {
    const state = stateAfter({ kind: 'rate-limited', resetsAt: reset });
    expect(readHealth(state, reset - 1)).toMatchObject({ cooldown: { until: reset }, rateLimitedUntil: reset });
    expect(readHealth(state, reset)).toEqual({ score: 94, state: 'healthy', softRefreshFailure: false });
    expect(state.cooldown).toBeDefined();
  });
});

describe('a rate limit', () => {
  const until = (...events: HealthEvent[]) => readHealth(stateAfter(...events), now).rateLimitedUntil;

  it('lasts to the latest reset that was named, whatever else happens', () => {
    const [sooner, later] = [now + hourMs, now + 2 * hourMs];
    expect(until({ kind: 'rate-limited', resetsAt: sooner }, { kind: 'rate-limited', resetsAt: later })).toBe(later);
    expect(until({ kind: 'rate-limited', resetsAt: later }, { kind: 'rate-limited', resetsAt: sooner })).toBe(later);
    expect(until({ kind: 'rate-limited', resetsAt: later }, { kind: 'server-error' })).toBe(later);
    expect(until({ kind: 'rate-limited', resetsAt: later }, { kind: 'success' })).toBeUndefined();
  });

  it('is no other pause', () => {
    expect(until({ kind: 'network-error' })).toBeUndefined();
  });
});

it('what the provider said of the last mishap stays on record, and gives way to the next', () => {
  const said = { providerCode: 'server_error', providerMessage: 'Sorry.' };
  const first = stateAfter({ kind: 'server-error', ...said });
  expect(first).toMatchObject({ lastReason: 'server-error', lastErrorAt: now, ...said });
  expect(applyEvent(first, { kind: 'success' }, now, settings)).toMatchObject(said);
  expect(applyEvent(first, { kind: 'network-error' }, now, settings)).not.toHaveProperty('providerCode');
});

describe('refusals of the refresh token', () => {
  it('count in a row until a refresh works, whatever other requests do', () => {
    expect(
      stateAfter(soft, { kind: 'success' }, soft, { kind: 'network-error' }, soft).consecutiveRefreshFailures,
    ).toBe(3);
    expect(stateAfter(soft, soft, { kind: 'refreshed' }, soft).consecutiveRefreshFailures).toBe(1);
  });

  it('flag the account from the configured number on', () => {
    const limit = { flagAfterConsecutiveFailures: 3 };
    expect(shouldFlag(stateAfter(soft, soft), limit)).toBe(false);
    expect(shouldFlag(stateAfter(soft, soft, soft), limit)).toBe(true);
  });

  it('do not count when the token is dead or the network failed', () => {
    expect(stateAfter(hard, { kind: 'network-error' }, { kind: 'rate-limited' }).consecutiveRefreshFailures).toBe(0);
    expect(readHealth(stateAfter(hard), now).softRefreshFailure).toBe(false);
    expect(readHealth(stateAfter(soft), now).softRefreshFailure).toBe(true);
  });
});

it('an account nothing happened to is healthy', () => {
  expect(readHealth(undefined, now)).toEqual({ score: 100, state: 'healthy', softRefreshFailure: false });
});

it('the last error stays on record after a success', () => {
  const state = applyEvent(stateAfter({ kind: 'server-error' }), { kind: 'success' }, now + hourMs, settings);
  expect(state).toEqual({
    score: 100,
    at: now + hourMs,
    lastReason: 'server-error',
    lastErrorAt: now,
    consecutiveRefreshFailures: 0,
  });
});

it('a refresh that works ends every pause too', () => {
  const state = applyEvent(stateAfter({ kind: 'rate-limited' }), { kind: 'refreshed' }, now, settings);
  expect(state).toEqual({
    score: 100,
    at: now,
    lastReason: 'rate-limited',
    lastErrorAt: now,
    consecutiveRefreshFailures: 0,
  });
});

it('the state survives the way through a file unchanged', () => {
  const state = stateAfter(soft, { kind: 'rate-limited', resetsAt: now + hourMs });
  const read: unknown = JSON.parse(JSON.stringify(state));
  expect(isHealthState(read)).toBe(true);
  expect(read).toEqual(state);
});

describe('a stored state', () => {
  const good: HealthState = {
    score: 40,
    at: now,
    lastReason: 'server-error',
    lastErrorAt: now,
    providerCode: 'c',
    providerMessage: 'm',
    cooldown: { until: now, reason: 'server-error' },
    rateLimitedUntil: now,
    consecutiveRefreshFailures: 1,
  };

  it.each<object>([
    {},
    { score: 0 },
    { score: 100 },
    { consecutiveRefreshFailures: 0 },
    { cooldown: { until: now, reason: 'network-error' } },
    { cooldown: { until: now, reason: 'rate-limited' } },
  ])('is good with %j', (changes) => {
    expect(isHealthState({ ...good, ...changes })).toBe(true);
  });

  it.each<object>([
    { score: -1 },
    { score: 101 },
    { score: '40' },
    { at: '2026' },
    { lastReason: 5 },
    { lastErrorAt: 'then' },
    { providerCode: 5 },
    { providerMessage: 5 },
    { cooldown: 'long' },
    { cooldown: { until: 'soon', reason: 'server-error' } },
    { cooldown: { until: now, reason: 'bored' } },
    { rateLimitedUntil: 'soon' },
    { consecutiveRefreshFailures: -1 },
    { consecutiveRefreshFailures: 'three' },
  ])('is none with %j', (changes) => {
    expect(isHealthState({ ...good, ...changes })).toBe(false);
  });

  it('is none where it is no object', () => {
    expect([null, [], 'healthy', 5].some(isHealthState)).toBe(false);
  });
});
