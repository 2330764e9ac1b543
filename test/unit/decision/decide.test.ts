import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision/decide.js';
import type { AccountFacts, DecisionRequest } from '../../../src/core/decision/facts.js';
import type { AccountDecision } from '../../../src/core/decision/ranking.js';
import { riskLevel } from '../../../src/core/decision/risk.js';
import { account, health, hourMs, now, quota, windowOf, withoutQuota } from './accounts.js';

function only(changes: Partial<AccountFacts>): AccountDecision {
  return first(decide([account('a', 1, changes)], { now }).accounts);
}

function first(accounts: readonly AccountDecision[]): AccountDecision {
  const [account] = accounts;
  if (account === undefined) throw new Error('no account decided');
  return account;
}

function recommended(accounts: readonly AccountFacts[], request: Partial<DecisionRequest> = {}) {
  const { recommendation } = decide(accounts, { now, ...request });
  return recommendation && [recommendation.id, recommendation.reason.code];
}

const codes = (decided: AccountDecision) => decided.reasons.map(({ code }) => code);

describe('availability and state', () => {
  const reset = now + 3 * hourMs;
  const cooldown = { until: now + 6_000, reason: 'network-error' } as const;

  it.each<[string, Partial<AccountFacts>, object]>([
    ['ready', {}, { availability: 'ready', state: 'ready', quota: { usableNowPercent: 60 } }],
    ['disabled', { enabled: false }, { availability: 'unavailable', state: 'disabled', score: 0 }],
    ['flagged', { flagged: true }, { availability: 'unavailable', state: 'sign-in-needed', score: 0 }],
    ['without a login', { signInNeeded: {} }, { availability: 'unavailable', state: 'sign-in-needed', score: 0 }],
    [
      'not let in, whatever is left of its quota',
      { shutOut: true },
      { availability: 'unavailable', state: 'unknown', score: 0, riskScore: 90 },
    ],
    [
      'disabled and flagged',
      { enabled: false, flagged: true },
      { availability: 'unavailable', state: 'disabled', riskScore: 95 },
    ],
    [
      'out of its short window',
      { quota: quota({ fiveHours: [0, 3], week: [60, 100] }) },
      { availability: 'delayed', availableAt: reset, state: 'exhausted', score: 0 },
    ],
    [
      'out of both windows',
      { quota: quota({ fiveHours: [0, 3], week: [0, 100] }) },
      { availability: 'delayed', availableAt: now + 100 * hourMs, state: 'exhausted' },
    ],
    [
      'refused without an end',
      { quota: quota({ week: [60, 100], rest: { allowed: false } }) },
      { availability: 'unavailable', state: 'exhausted' },
    ],
    [
      'cooling down',
      { health: health(80, { cooldown }) },
      { availability: 'delayed', availableAt: cooldown.until, state: 'delayed' },
    ],
    [
      'rate limited beyond its cooldown',
      { health: health(80, { cooldown, rateLimitedUntil: reset }) },
      { availability: 'delayed', availableAt: reset, state: 'delayed' },
    ],
    [
      'cooling down and exhausted',
      { health: health(80, { cooldown }), quota: quota({ fiveHours: [0, 3] }) },
      { availability: 'delayed', availableAt: reset, state: 'exhausted' },
    ],
    [
      'past its cooldown',
      { health: health(80, { cooldown: { ...cooldown, until: now }, rateLimitedUntil: now }) },
      { availability: 'ready', state: 'ready' },
    ],
    [
      'past the reset of the window that was empty',
      { quota: quota({ fiveHours: [0, -1], week: [60, 100] }) },
      { availability: 'ready', state: 'ready' },
    ],
    [
      'rate limited alone',
      { health: health(80, { rateLimitedUntil: reset }) },
      { availability: 'delayed', availableAt: reset, state: 'delayed' },
    ],
    [
      'refused by the provider',
      { refused: { code: 'account_deactivated', at: now } },
      { availability: 'unavailable', state: 'refused', score: 0 },
    ],
    [
      'down to what the person keeps',
      { reservePercent: 60 },
      { availability: 'delayed', availableAt: now + 100 * hourMs, state: 'reserved', score: 0 },
    ],
    [
      'down to that, and cooling down',
      { reservePercent: 60, health: health(80, { cooldown }) },
      { availability: 'delayed', availableAt: now + 100 * hourMs, state: 'delayed' },
    ],
    [
      'out of its quota, with credits left',
      { quota: quota({ week: [0, 3], rest: { credits: { hasCredits: true } } }) },
      { availability: 'delayed', availableAt: reset, state: 'on-credits', score: 0 },
    ],
    ['past all resets', { quota: quota({ fiveHours: [0, -1], week: [0, -1] }) }, { state: 'unknown' }],
    ['of an answer without windows', { quota: quota({}) }, { availability: 'ready', state: 'unknown' }],
  ])('of an account that is %s', (_, changes, expected) => {
    expect(only(changes)).toMatchObject(expected);
  });

  it('with an expired access token and no snapshot is unknown, not unavailable', () => {
    const facts = withoutQuota(account('a', 1, { accessTokenExpiresAt: now - 1 }));
    const decided = first(decide([facts], { now }).accounts);
    expect(decided).toMatchObject({ availability: 'ready', state: 'unknown' });
    expect(decided.quota).toBeUndefined();
    expect(codes(decided)).toEqual(['quota-unknown', 'access-token-expired']);
  });

  it('with a model that is not available is exhausted for whoever asks for it', () => {
    const modelUsage = [{ slug: 'gpt-6', available: false, availableAt: reset }];
    const facts = account('a', 1, { quota: quota({ week: [60, 100], rest: { modelUsage } }) });
    const decided = first(decide([facts], { now, model: 'gpt-6' }).accounts);
    expect(decided).toMatchObject({ availability: 'delayed', availableAt: reset, state: 'exhausted' });
    expect(first(decide([facts], { now }).accounts)).toMatchObject({ availability: 'ready', state: 'ready' });
  });

  it('of an exhausted window without a reset names no time', () => {
    const window = { id: '5h', durationSeconds: 18_000, usedPercent: 100, remainingPercent: 0 };
    const decided = only({ quota: quota({ rest: { windows: [window] } }) });
    expect(decided).toMatchObject({ availability: 'unavailable', state: 'exhausted' });
    expect(decided.availableAt).toBeUndefined();
  });
});

describe('risk', () => {
  const day = 24 * hourMs;
  const cooldown = { until: now + 6_000, reason: 'rate-limited' } as const;

  it.each<[string, Partial<AccountFacts>, number, string]>([
    ['nothing against it', {}, 0, 'low'],
    ['disabled', { enabled: false }, 95, 'high'],
    ['flagged', { flagged: true }, 95, 'high'],
    ['sign-in needed', { signInNeeded: { reason: 'rotation-lost' } }, 90, 'high'],
    ['flagged and sign-in needed, capped', { flagged: true, signInNeeded: {} }, 100, 'high'],
    ['exhausted', { quota: quota({ fiveHours: [0, 3] }) }, 60, 'medium'],
    [
      'exhausted beside a window that has reset',
      { quota: quota({ fiveHours: [60, -1], week: [0, 100] }) },
      70,
      'medium',
    ],
    ['98 % used', { quota: quota({ fiveHours: [2, 3] }) }, 55, 'medium'],
    ['97.9 % used', { quota: quota({ fiveHours: [2.1, 3] }) }, 35, 'low'],
    ['90 % used', { quota: quota({ fiveHours: [10, 3] }) }, 35, 'low'],
    ['80 % used', { quota: quota({ fiveHours: [20, 3] }) }, 20, 'low'],
    ['70 % used', { quota: quota({ fiveHours: [30, 3] }) }, 10, 'low'],
    ['69 % used', { quota: quota({ fiveHours: [31, 3] }) }, 0, 'low'],
    ['cooling down', { health: health(80, { cooldown }) }, 45, 'medium'],
    ['rate limited', { health: health(80, { rateLimitedUntil: now + 1 }) }, 35, 'low'],
    ['both', { health: health(80, { cooldown, rateLimitedUntil: now + 1 }) }, 80, 'high'],
    ['a soft refresh failure', { health: health(40, { softRefreshFailure: true }) }, 25, 'low'],
    ['an old snapshot', { quota: quota({ week: [60, 100], ageMs: hourMs }) }, 10, 'low'],
    ['a snapshot of 59 minutes', { quota: quota({ week: [60, 100], ageMs: hourMs - 1 }) }, 0, 'low'],
    ['a window that has reset', { quota: quota({ fiveHours: [60, -1], week: [60, 100] }) }, 10, 'low'],
    ['old and reset, counted once', { quota: quota({ fiveHours: [60, -1], week: [60, 100], ageMs: day }) }, 10, 'low'],
    ['unused for 7 days', { lastUsedAt: now - 7 * day }, 5, 'low'],
    ['used 6 days ago', { lastUsedAt: now - 6 * day }, 0, 'low'],
  ])('of an account with %s', (_, changes, riskScore, riskLevel) => {
    expect(only(changes)).toMatchObject({ riskScore, riskLevel });
  });

  it.each<[string, Partial<AccountFacts>, string]>([
    ['disabled', { enabled: false, flagged: true }, 'blocked 95'],
    ['in need of a sign-in', { signInNeeded: {} }, 'sign-in needed 90'],
    ['refused', { refused: { code: 'account_deactivated', at: now } }, 'not let in 90'],
    ['not let in', { shutOut: true }, 'not let in 90'],
    ['used up', { quota: quota({ week: [0, 100] }) }, 'little quota left 60'],
    ['refused for the moment', { quota: quota({ week: [60, 100], rest: { allowed: false } }) }, 'little quota left 60'],
    ['nearly used up', { quota: quota({ week: [1, 100] }) }, 'little quota left 55'],
    ['mostly used', { quota: quota({ week: [20, 100] }) }, 'little quota left 20'],
    ['rate limited', { health: health(80, { rateLimitedUntil: now + 1 }) }, 'rate limited 35'],
    ['of unknown quota', { quota: undefined }, 'quota unknown or old 10'],
    ['preferred', { priority: 'first' }, ''],
  ])('of an account that is %s has one row', (_, changes, row) => {
    const { riskRows } = only(changes);
    expect(riskRows.map(({ name, points }) => `${name} ${points}`)).toEqual(row === '' ? [] : [row]);
  });

  it('grows with a model that is not available', () => {
    const modelUsage = [{ slug: 'gpt-6', available: false }];
    const facts = account('a', 1, { quota: quota({ week: [60, 100], rest: { modelUsage } }) });
    const { riskRows } = first(decide([facts], { now, model: 'gpt-6' }).accounts);
    expect(riskRows).toEqual([{ name: 'little quota left', points: 60 }]);
  });

  it('is medium from 40 on and high from 75', () => {
    expect([0, 39, 40, 74, 75, 100].map(riskLevel)).toEqual(['low', 'low', 'medium', 'medium', 'high', 'high']);
  });

  it('shows what it is made of', () => {
    const decided = only({ health: health(40, { softRefreshFailure: true, cooldown }), lastUsedAt: now - 8 * day });
    expect(decided.riskRows).toEqual([
      { name: 'cooling down', points: 45 },
      { name: 'soft refresh failure', points: 25 },
      { name: 'long unused', points: 5 },
    ]);
    expect(decided.riskScore).toBe(75);
  });
});

describe('the recommendation', () => {
  const week = (remaining: number, hours: number) => ({
    quota: quota({ fiveHours: [80, 3], week: [remaining, hours] }),
  });

  it.each<[string, AccountFacts[], Partial<DecisionRequest>, string[]]>([
    [
      'passes over blocked accounts, the active one included',
      [account('a', 1, { enabled: false, active: true }), account('b', 2, { flagged: true }), account('c', 3)],
      {},
      ['c', 'only-ready'],
    ],
    [
      'stays with the account of the conversation',
      [account('a', 1, week(90, 10)), account('b', 2, week(5, 160))],
      { sessionAccountId: 'b' },
      ['b', 'keeps-session'],
    ],
    [
      'lets a conversation go when the health of its account degrades',
      [account('a', 1), account('b', 2, { health: health(69) })],
      { sessionAccountId: 'b' },
      ['a', 'better-health'],
    ],
    [
      'lets a conversation go when its account is cooling down',
      [
        account('a', 1, { health: health(10) }),
        account('b', 2, { health: health(80, { cooldown: { until: now + 1, reason: 'network-error' } }) }),
      ],
      { sessionAccountId: 'b' },
      ['a', 'only-ready'],
    ],
    [
      'prefers the healthier account to the one with more quota',
      [account('a', 1, { ...week(99, 2), health: health(69) }), account('b', 2, week(1, 160))],
      {},
      ['b', 'better-health'],
    ],
    [
      'does not weigh health within one band',
      [
        account('a', 1, { health: health(100), ...week(20, 150) }),
        account('b', 2, { health: health(70), ...week(90, 20) }),
      ],
      {},
      ['b', 'most-to-lose'],
    ],
    [
      'prefers, with as much left, the account that resets sooner',
      [account('a', 1, { active: true, ...week(50, 120) }), account('b', 2, week(50, 24))],
      { switchMarginPercent: 15 },
      ['b', 'most-to-lose'],
    ],
    [
      'prefers, with the same reset, the account with more left',
      [account('a', 1, week(49, 72)), account('b', 2, week(50, 72))],
      {},
      ['b', 'most-to-lose'],
    ],
    [
      'does not chase a crumb that resets a little sooner',
      [account('a', 1, week(4, 24)), account('b', 2, week(80, 48))],
      {},
      ['b', 'most-to-lose'],
    ],
    [
      'passes over the account whose short window is nearly used up',
      [account('a', 1, { quota: quota({ fiveHours: [9, 3], week: [90, 10] }) }), account('b', 2, week(20, 150))],
      {},
      ['b', 'more-headroom'],
    ],
    [
      'prefers known headroom to an unknown one, and that to little',
      [account('a', 1, { quota: quota({ fiveHours: [9, 3], week: [90, 10] }) }), withoutQuota(account('b', 2))],
      {},
      ['b', 'more-headroom'],
    ],
    [
      'still uses up the end of a week that is about to reset',
      [account('a', 1, week(60, 160)), account('b', 2, week(5, 2))],
      {},
      ['b', 'most-to-lose'],
    ],
    [
      'stays with the active account on a tie',
      [account('a', 1), account('b', 2, { active: true })],
      {},
      ['b', 'already-active'],
    ],
    ['takes the first in order on a tie', [account('b', 2), account('a', 1)], {}, ['a', 'first-in-order']],
    [
      'recommends an unhealthy account when it is all there is',
      [account('a', 1, { health: health(10) })],
      {},
      ['a', 'only-ready'],
    ],
  ])('%s', (_, accounts, request, expected) => {
    expect(recommended(accounts, request)).toEqual(expected);
    expect(recommended([...accounts].reverse(), request)).toEqual(expected);
  });

  it('follows the limits of the model asked for', () => {
    const spark = {
      limitName: 'GPT-5.5-Codex-Spark',
      meteredFeature: 'codex_bengalfox',
      windows: [windowOf(18_000, [0, 1])].flat(),
    };
    const accounts = [
      account('a', 1, { quota: quota({ fiveHours: [80, 3], week: [90, 10], rest: { additional: [spark] } }) }),
      account('b', 2),
    ];
    expect(recommended(accounts)).toEqual(['a', 'most-to-lose']);
    expect(recommended(accounts, { model: 'gpt-5.5-codex-spark' })).toEqual(['b', 'only-ready']);
  });

  it('classifies the long window by duration, not by position', () => {
    const reversed = [windowOf(604_800, [60, 100]), windowOf(18_000, [5, 3])].flat();
    const decided = only({ quota: quota({ rest: { windows: reversed } }) });
    expect(codes(decided)).toContain('little-headroom');
    expect(decided.reasons).toContainEqual(expect.objectContaining({ code: 'quota-lapsing', windowId: '7d' }));
  });
});

describe('without any ready account', () => {
  it('recommends none and says which is back first', () => {
    const decision = decide(
      [
        account('a', 1, { quota: quota({ fiveHours: [0, 3] }) }),
        account('b', 2, { quota: quota({ fiveHours: [0, 1] }) }),
        account('c', 3, { enabled: false }),
      ],
      { now },
    );
    expect(decision).not.toHaveProperty('recommendation');
    expect(decision.nextAvailable).toEqual({ id: 'b', availableAt: now + hourMs });
    expect(decision.ranking).toEqual(['b', 'a', 'c']);
  });

  it('names no time when none is known', () => {
    const decision = decide([account('a', 1, { flagged: true })], { now });
    expect(decision).not.toHaveProperty('recommendation');
    expect(decision).not.toHaveProperty('nextAvailable');
  });

  it('says nothing about no accounts', () => {
    expect(decide([], { now })).toEqual({ accounts: [], ranking: [] });
  });
});

it('accounts that share a position, as flagged ones may, are ranked by id', () => {
  const twins = [account('b', 1, { flagged: true }), account('a', 1, { flagged: true })];
  expect(decide(twins, { now }).ranking).toEqual(['a', 'b']);
  expect(decide([...twins].reverse(), { now }).ranking).toEqual(['a', 'b']);
});

it('the score is the sum of the documented parts', () => {
  const { score, scoreParts } = only({ quota: quota({ fiveHours: [80, 3], week: [50, 50] }) });
  expect(scoreParts).toEqual({
    ready: 10,
    session: 0,
    order: 150,
    health: 80,
    headroom: 16,
    preferred: 0,
    lapse: 0.8,
    window: 0.52,
  });
  expect(score).toBe(257.32);
  expect(only({ priority: 'first', quota: quota({ fiveHours: [80, 3], week: [50, 50] }) }).score).toBe(261.32);
});
