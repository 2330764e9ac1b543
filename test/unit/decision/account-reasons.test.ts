import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision/decide.js';
import type { AccountFacts, DecisionRequest } from '../../../src/core/decision/facts.js';
import type { Reason } from '../../../src/core/decision/reasons.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { account, health, hourMs, now, quota, windowOf, withoutQuota } from './accounts.js';

const dayMs = 24 * hourMs;

function reasonsOf(facts: AccountFacts, request: Partial<DecisionRequest> = {}): readonly Reason[] {
  const [decided] = decide([facts], { now, ...request }).accounts;
  return decided?.reasons ?? [];
}

/** The reasons of a healthy account with this quota. */
const reasonsOfQuota = (snapshot: QuotaSnapshot, request?: Partial<DecisionRequest>) =>
  reasonsOf(account('a', 1, { quota: snapshot }), request);

const undated = (id: string, durationSeconds: number, usedPercent: number) => ({
  id,
  durationSeconds,
  usedPercent,
  remainingPercent: 100 - usedPercent,
});

const lapsing = {
  code: 'quota-lapsing',
  windowId: '7d',
  remainingPercent: 60,
  resetsAt: now + 100 * hourMs,
  percentPerHour: 0.6,
};

describe('what speaks for or against an account', () => {
  it('is the quota that would be lost, where there is nothing else to say', () => {
    expect(reasonsOf(account('a', 1))).toEqual([lapsing]);
  });

  it.each<[string, Partial<AccountFacts>, object[]]>([
    ['disabled', { enabled: false }, [{ code: 'disabled' }]],
    ['flagged', { flagged: true }, [{ code: 'flagged' }]],
    ['in need of a sign-in', { signInNeeded: {} }, [{ code: 'sign-in-needed' }]],
    ['in need of one, with a cause', { signInNeeded: { reason: 'r' } }, [{ code: 'sign-in-needed', cause: 'r' }]],
    ['not let in', { shutOut: true }, [{ code: 'shut-out' }]],
    ['let in', { shutOut: false }, []],
    [
      'refused, which says more than not let in',
      { shutOut: true, refused: { code: 'account_deactivated', at: 5 } },
      [{ code: 'refused', cause: 'account_deactivated', at: 5 }],
    ],
    [
      'cooling down, and rate limited',
      { health: health(80, { cooldown: { until: now + 1, reason: 'server-error' }, rateLimitedUntil: now + 2 }) },
      [
        { code: 'cooling-down', until: now + 1, cause: 'server-error' },
        { code: 'rate-limited', until: now + 2 },
      ],
    ],
    [
      'past both',
      { health: health(80, { cooldown: { until: now, reason: 'server-error' }, rateLimitedUntil: now }) },
      [],
    ],
  ])('begins with what blocks one that is %s', (_, changes, expected) => {
    expect(reasonsOf(account('a', 1, changes))).toEqual([...expected, lapsing]);
  });

  it.each<[string, Partial<AccountFacts>, object[]]>([
    ['preferred', { priority: 'first' }, [{ code: 'preferred' }, lapsing]],
    ['kept for last', { priority: 'last' }, [{ code: 'kept-for-last' }, lapsing]],
    ['in poor health', { health: health(60) }, [{ code: 'poor-health', state: 'degraded', score: 60 }, lapsing]],
    ['refused a refresh', { health: health(90, { softRefreshFailure: true }) }, [{ code: 'refresh-refused' }, lapsing]],
    [
      'with an access token that has ended',
      { accessTokenExpiresAt: now },
      [lapsing, { code: 'access-token-expired', at: now }],
    ],
    ['with one that works a moment longer', { accessTokenExpiresAt: now + 1 }, [lapsing]],
    [
      'unused for a week',
      { lastUsedAt: now - 7 * dayMs },
      [lapsing, { code: 'long-unused', lastUsedAt: now - 7 * dayMs }],
    ],
    ['unused for almost a week', { lastUsedAt: now - 7 * dayMs + 1 }, [lapsing]],
  ])('is told of one that is %s', (_, changes, expected) => {
    expect(reasonsOf(account('a', 1, changes))).toEqual(expected);
  });

  it('is the conversation that runs on it, and on no other', () => {
    expect(reasonsOf(account('a', 1), { sessionAccountId: 'a' })).toEqual([{ code: 'session-account' }, lapsing]);
    expect(reasonsOf(account('a', 1), { sessionAccountId: 'b' })).toEqual([lapsing]);
  });
});

describe('what is said of quota', () => {
  it.each<[string, QuotaSnapshot, object[]]>([
    ['without limits', quota({ rest: { allowed: true } }), [{ code: 'unlimited' }]],
    ['without a window', quota({}), [{ code: 'quota-unknown' }]],
    [
      'with a window that could not be read',
      quota({ week: [60, 100], rest: { incomplete: true } }),
      [lapsing, { code: 'quota-unknown', isPartly: true }],
    ],
    [
      'with a window that has reset since',
      quota({ fiveHours: [9, -1], week: [60, 100] }),
      [{ code: 'window-idle', windowId: '5h' }, lapsing, { code: 'quota-unknown', isPartly: true }],
    ],
    [
      'an hour old',
      quota({ week: [60, 100], ageMs: hourMs }),
      [lapsing, { code: 'quota-old', observedAt: now - hourMs }],
    ],
    [
      'that has hardly begun',
      quota({ fiveHours: [100, 5], week: [60, 100] }),
      [{ code: 'window-idle', windowId: '5h' }, lapsing],
    ],
    [
      'with a window that is used up',
      quota({ fiveHours: [0, 3], week: [60, 100] }),
      [{ code: 'window-exhausted', windowId: '5h', resetsAt: now + 3 * hourMs }, lapsing],
    ],
    [
      'that is used up as a whole',
      quota({ rest: { windows: [undated('7d', 604_800, 100)] } }),
      [{ code: 'window-exhausted', windowId: '7d' }],
    ],
    [
      'of which little is left',
      quota({ fiveHours: [9, 3], week: [60, 100] }),
      [{ code: 'little-headroom', windowId: '5h', remainingPercent: 9 }, lapsing],
    ],
    [
      'of which 70 % are used',
      quota({ fiveHours: [30, 3], week: [60, 100] }),
      [{ code: 'mostly-used', windowId: '5h', remainingPercent: 30 }, lapsing],
    ],
    ['of which less is used', quota({ fiveHours: [30.1, 3], week: [60, 100] }), [lapsing]],
    ['without a reset, of which nothing can lapse', quota({ rest: { windows: [undated('7d', 604_800, 40)] } }), []],
    [
      'that the provider refuses all the same',
      quota({ week: [60, 100], rest: { limitReached: true, spendControl: { reached: true } } }),
      [{ code: 'limit-reached', type: 'spend_control' }, lapsing],
    ],
  ])('%s', (_, snapshot, expected) => {
    expect(reasonsOfQuota(snapshot)).toEqual(expected);
  });

  it('is that nobody knows it, where it was never read', () => {
    expect(reasonsOf(withoutQuota(account('a', 1)))).toEqual([{ code: 'quota-unknown' }]);
  });

  it('names the limit of the model that was asked for', () => {
    const spark = { limitName: 'Spark', meteredFeature: 'codex_spark', windows: [windowOf(18_000, [4, 3])].flat() };
    const snapshot = quota({ week: [60, 100], rest: { additional: [spark] } });
    expect(reasonsOfQuota(snapshot, { model: 'spark' })).toEqual([
      { code: 'little-headroom', windowId: '5h', limitName: 'Spark', remainingPercent: 4 },
      lapsing,
    ]);
    const blocked = quota({
      week: [60, 100],
      rest: { modelUsage: [{ slug: 'gpt-6', available: false, availableAt: now + 5 }] },
    });
    expect(reasonsOfQuota(blocked, { model: 'gpt-6' })).toEqual([
      { code: 'model-unavailable', model: 'gpt-6', availableAt: now + 5 },
      lapsing,
    ]);
  });
});

describe('the share that the person keeps', () => {
  const reached = (reservePercent: number) => ({
    code: 'reserve-reached',
    windowId: '7d',
    remainingPercent: 20,
    reservePercent,
    resetsAt: now + 100 * hourMs,
  });
  const week = quota({ week: [20, 100] });

  it.each<[string, number | undefined, number | undefined, object | undefined]>([
    ['is reached when no more is left', undefined, 20, reached(20)],
    ['is not reached while more is', undefined, 19, undefined],
    ['is nothing where nobody asks for one', undefined, undefined, undefined],
    ['is that of the account rather than the general one', 25, 5, reached(25)],
    ['is less for an account than in general', 5, 50, undefined],
  ])('%s', (_, own, general, expected) => {
    const facts = account('a', 1, { quota: week, reservePercent: own });
    const reasons = reasonsOf(facts, general === undefined ? {} : { reservePercent: general });
    expect(reasons.find(({ code }) => code === 'reserve-reached')).toEqual(expected);
  });
});

describe('an account that has credits', () => {
  const credits = { hasCredits: true, balance: '12.50' };
  const usedUp = quota({ week: [0, 100], rest: { credits } });

  it.each<[string, Partial<AccountFacts>, boolean]>([
    ['goes on with them when its quota is used up', { quota: usedUp }, true],
    ['has no need of them before', { quota: quota({ week: [1, 100], rest: { credits } }) }, false],
    ['is not helped by them when it is disabled', { quota: usedUp, enabled: false }, false],
    ['cannot without any', { quota: quota({ week: [0, 100] }) }, false],
  ])('%s', (_, changes, expected) => {
    const onCredits = reasonsOf(account('a', 1, changes)).filter(({ code }) => code === 'on-credits');
    expect(onCredits).toEqual(expected ? [{ code: 'on-credits', balance: '12.50' }] : []);
  });
});
