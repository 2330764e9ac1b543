import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/decision/decide.js';
import type { AccountFacts, DecisionRequest } from '../../src/core/decision/facts.js';
import type { AccountDecision } from '../../src/core/decision/ranking.js';
import { healthBand } from '../../src/core/health/score.js';
import { bindingQuota } from '../../src/core/quota/binding-quota.js';
import type { QuotaSnapshot, SpendControl } from '../../src/core/quota/usage.js';
import type { QuotaWindow } from '../../src/core/quota/window.js';

const now = Date.UTC(2026, 10, 21, 12);
const hourMs = 3_600_000;
const runs = { numRuns: 400 };

/** A member that is absent rather than undefined, as everywhere in our values. */
const maybe = <T>(key: string, value: fc.Arbitrary<T>, weight = 4) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight, arbitrary: value.map((each) => ({ [key]: each })) });

/** Few distinct values, so that ties and full windows are common. */
const usedPercent = fc.oneof(
  fc.constantFrom(0, 40, 40, 70, 91, 99.5, 100),
  fc.double({ min: 0, max: 100, noNaN: true }),
);
const soon = fc.integer({ min: -8, max: 200 }).map((hours) => now + hours * hourMs);

function windowOf(durationSeconds: number): fc.Arbitrary<QuotaWindow> {
  return fc.tuple(usedPercent, maybe('resetsAt', soon)).map(([used, reset]) => ({
    id: `${durationSeconds}s`,
    durationSeconds,
    usedPercent: used,
    remainingPercent: 100 - used,
    ...reset,
  }));
}

const windows = fc
  .uniqueArray(fc.constantFrom(18_000, 604_800, 2_592_000), { maxLength: 3 })
  .chain((durations) => fc.tuple(...durations.map(windowOf)));

const limit = fc
  .tuple(windows, maybe('incomplete', fc.constant(true as const)), maybe('allowed', fc.boolean(), 1))
  .map(([own, incomplete, allowed]) => ({ windows: [...own], ...incomplete, ...allowed }));

/** Unlimited, with credits, with none, or with a balance that is spent. */
const credits = fc.constantFrom(
  { hasCredits: true, unlimited: false, balance: '12.50' },
  { hasCredits: true, unlimited: false, balance: '0' },
  { hasCredits: false, unlimited: false },
  { hasCredits: true, unlimited: true },
);

const budget = fc
  .tuple(usedPercent, maybe('resetsAt', soon))
  .map(([used, reset]) => ({ reached: false, individualLimit: { usedPercent: used, ...reset } }));

const quota: fc.Arbitrary<QuotaSnapshot> = fc
  .tuple(
    limit,
    fc.array(limit, { maxLength: 1 }),
    fc.integer({ min: 0, max: 5 }),
    maybe('credits', credits, 1),
    maybe('spendControl', budget, 1),
  )
  .map(([own, models, ageHours, money, spending]) => ({
    ...own,
    ...money,
    ...spending,
    observedAt: now - ageHours * hourMs,
    additional: models.map((each) => ({ limitName: 'Spark', meteredFeature: 'codex_spark', ...each })),
  }));

const health = fc
  .tuple(
    fc.constantFrom(100, 100, 70, 60, 20),
    fc.boolean(),
    maybe('cooldown', fc.record({ until: soon, reason: fc.constantFrom('network-error' as const) }), 1),
    maybe('rateLimitedUntil', soon, 1),
  )
  .map(([score, softRefreshFailure, cooldown, rateLimitedUntil]) => ({
    score,
    state: healthBand(score),
    softRefreshFailure,
    ...cooldown,
    ...rateLimitedUntil,
  }));

/** A ratio of the windows above, or of windows that the account does not have. */
const ratio = fc.record({
  short: fc.constantFrom('18000s', '604800s'),
  long: fc.constantFrom('604800s', '2592000s'),
  shortPercent: fc.integer({ min: 0, max: 900 }),
  longPercent: fc.integer({ min: 0, max: 60 }),
});

const mostly = (value: boolean) => fc.constantFrom(value, value, value, value, value, !value);

const facts = fc
  .tuple(
    fc.record({ enabled: mostly(true), flagged: mostly(false), health }),
    fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? { signInNeeded: {} } : {})),
    maybe('quota', quota, 20),
    maybe('ratio', ratio),
    maybe('lastUsedAt', soon),
    maybe('accessTokenExpiresAt', soon),
    maybe('priority', fc.constantFrom('first', 'last'), 1),
    maybe('reservePercent', fc.integer({ min: 1, max: 60 }), 1),
    maybe('refused', fc.constant({ code: 'account_deactivated', at: now - hourMs }), 1),
  )
  .map((parts) => Object.assign({}, ...parts) as Omit<AccountFacts, 'id' | 'index' | 'active'>);

const accounts: fc.Arbitrary<AccountFacts[]> = fc
  .tuple(fc.array(facts, { minLength: 1, maxLength: 6 }), fc.nat(8))
  .map(([all, activeAt]) =>
    all.map((each, at) => ({ ...each, id: `acc_${at}`, index: at + 1, active: at === activeAt })),
  );

const request: fc.Arbitrary<DecisionRequest> = fc
  .tuple(
    maybe('model', fc.constant('codex-spark')),
    maybe('sessionAccountId', fc.constantFrom('acc_0', 'acc_1')),
    maybe('switchMarginPercent', fc.integer({ min: 0, max: 60 })),
    maybe('reservePercent', fc.integer({ min: 0, max: 40 }), 1),
  )
  .map((parts) => Object.assign({ now }, ...parts) as DecisionRequest);

const byId = (all: readonly AccountFacts[], id: string) => all.find((each) => each.id === id);

describe('the decision, whatever the accounts', () => {
  it('never recommends an account that cannot be used now', () => {
    let recommendations = 0;
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        const { recommendation } = decide(all, asked);
        if (recommendation === undefined) return;
        recommendations++;
        const chosen = byId(all, recommendation.id);
        if (chosen === undefined) throw new Error('recommended an account that does not exist');
        expect(chosen).toMatchObject({ enabled: true, flagged: false });
        expect(chosen).not.toHaveProperty('signInNeeded');
        expect(chosen).not.toHaveProperty('refused');
        expect(chosen.health.cooldown?.until ?? now).toBeLessThanOrEqual(now);
        expect(chosen.health.rateLimitedUntil ?? now).toBeLessThanOrEqual(now);
        const binding = chosen.quota && bindingQuota(chosen.quota, now, asked);
        expect(binding?.windows.every((window) => window.remainingPercent > 0) ?? true).toBe(true);
        expect(binding?.refusal).toBeUndefined();
      }),
      runs,
    );
    expect(recommendations).toBeGreaterThan(runs.numRuns / 4);
  });

  it('recommends one whenever any account is ready', () => {
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        const decision = decide(all, asked);
        const ready = decision.accounts.filter(({ availability }) => availability === 'ready');
        expect(decision.recommendation !== undefined).toBe(ready.length > 0);
        const best = Math.max(0, ...ready.map(({ score }) => score));
        const chosen = decision.accounts.find(({ id }) => id === decision.recommendation?.id);
        const margin = chosen?.active === true ? (asked.switchMarginPercent ?? 0) / 100 : 0;
        expect(chosen?.score ?? 0).toBeGreaterThanOrEqual(best - margin - 1e-9);
      }),
      runs,
    );
  });

  it('does not take the recommendation from an account that has more quota left', () => {
    const raise = fc.array(
      fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
      { minLength: 6, maxLength: 6 },
    );
    fc.assert(
      fc.property(accounts, request, raise, (all, asked, shares) => {
        fc.pre(all.every(isNotRefused));
        const before = decide(all, asked).recommendation?.id;
        if (before === undefined) return;
        const richer = all.map((each) => (each.id === before ? withMoreLeft(each, shares) : each));
        expect(decide(richer, asked).recommendation?.id).toBe(before);
      }),
      runs,
    );
  });

  it('never ranks an account lower for having more quota left', () => {
    const raise = fc.array(
      fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
      { minLength: 6, maxLength: 6 },
    );
    fc.assert(
      fc.property(accounts, request, raise, (all, asked, shares) => {
        fc.pre(all.every(isNotRefused));
        const richer = all.map((each) => (each.id === 'acc_0' ? withMoreLeft(each, shares) : each));
        const [before, after] = [decide(all, asked), decide(richer, asked)];
        const [poor, rich] = [before.accounts[0], after.accounts[0]];
        expect(rich?.score).toBeGreaterThanOrEqual(poor?.score ?? 0);
        expect(after.ranking.indexOf('acc_0')).toBeLessThanOrEqual(before.ranking.indexOf('acc_0'));
        expect(rich?.riskScore).toBeLessThanOrEqual(poor?.riskScore ?? 100);
      }),
      runs,
    );
  });

  it('does not depend on the order in which the accounts are given', () => {
    const shuffled = accounts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, request, ([all, mixed], asked) => {
        const [a, b] = [decide(all, asked), decide(mixed, asked)];
        expect(b.recommendation).toEqual(a.recommendation);
        expect(b.ranking).toEqual(a.ranking);
        expect(b.nextAvailable).toEqual(a.nextAvailable);
      }),
      runs,
    );
  });

  it('among equals takes the active account, else the first in order', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 2, max: 5 }), fc.nat(6), (same, count, activeAt) => {
        const twins = Array.from({ length: count }, (_, at) => ({
          ...same,
          id: `acc_${at}`,
          index: at + 1,
          active: at === activeAt,
        }));
        const decision = decide(twins, { now });
        const expected = activeAt < count ? `acc_${activeAt}` : 'acc_0';
        expect(decision.ranking[0]).toBe(expected);
        if (decision.recommendation !== undefined) expect(decision.recommendation.id).toBe(expected);
      }),
      runs,
    );
  });

  it('ranks an account of which nothing is known behind one that is known to be good', () => {
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        const unknown = all.map((each) => (each.id === 'acc_0' ? withoutNumbers(each) : each));
        const { accounts: decided, ranking } = decide(unknown, { ...asked, sessionAccountId: 'nobody' });
        const [first] = decided;
        if (first?.availability !== 'ready') return;
        const isAlike = (each: AccountDecision) =>
          each.scoreParts.order === first.scoreParts.order && each.health.state === first.health.state;
        for (const each of decided.slice(1).filter(isAlike)) {
          if (each.availability !== 'ready') expect(ranking.indexOf('acc_0')).toBeLessThan(ranking.indexOf(each.id));
          else if (['ample', 'unlimited'].includes(each.outlook.headroom)) {
            expect(ranking.indexOf(each.id)).toBeLessThan(ranking.indexOf('acc_0'));
          }
        }
      }),
      runs,
    );
  });

  it('never leads round: whoever follows it comes to rest', () => {
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        let inUse = all.find(({ active }) => active)?.id;
        for (let moves = 0; moves <= all.length; moves += 1) {
          const next = decide(
            all.map((each) => ({ ...each, active: each.id === inUse })),
            asked,
          ).recommendation?.id;
          if (next === undefined || next === inUse) return;
          inUse = next;
        }
        throw new Error('it still moves');
      }),
      runs,
    );
  });

  it('keeps risk within 0..100 and its level true to it', () => {
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        for (const { riskScore, riskLevel } of decide(all, asked).accounts) {
          expect(riskScore).toBeGreaterThanOrEqual(0);
          expect(riskScore).toBeLessThanOrEqual(100);
          expect(riskLevel).toBe(riskScore < 40 ? 'low' : riskScore < 75 ? 'medium' : 'high');
        }
      }),
      runs,
    );
  });

  it('shows a share only when every binding window is known, or one is empty', () => {
    fc.assert(
      fc.property(accounts, request, (all, asked) => {
        for (const { id, quota } of decide(all, asked).accounts) {
          const snapshot = byId(all, id)?.quota;
          const binding = snapshot && bindingQuota(snapshot, now, asked);
          const remaining = binding?.windows.map((window) => window.remainingPercent) ?? [];
          const isKnown = binding !== undefined && binding.lapsed.length === 0 && !binding.isIncomplete;
          if (binding?.isUnlimited === true) continue;
          const expected = isKnown || remaining.includes(0) ? remaining.sort((a, b) => a - b)[0] : undefined;
          expect(quota?.usableNowPercent).toBe(expected);
        }
      }),
      runs,
    );
  });
});

function withoutNumbers({ quota: _, ...account }: AccountFacts): AccountFacts {
  return account;
}

/** A refusal of the provider that the windows no longer explain is another fact than the quota left in them. */
function isNotRefused({ quota }: AccountFacts): boolean {
  const limits = quota === undefined ? [] : [quota, ...quota.additional];
  return limits.every(({ allowed, limitReached }) => allowed !== false && limitReached !== true);
}

/** Each window of the account with a share of what it had used given back; nothing else changes. */
function withMoreLeft(account: AccountFacts, shares: readonly number[]): AccountFacts {
  if (account.quota === undefined) return account;
  let next = 0;
  const give = (window: QuotaWindow): QuotaWindow => {
    const usedPercent = window.usedPercent * (1 - (shares[next++ % shares.length] ?? 0));
    return { ...window, usedPercent, remainingPercent: 100 - usedPercent };
  };
  const { quota: before } = account;
  return {
    ...account,
    quota: {
      ...before,
      windows: before.windows.map(give),
      ...(before.spendControl === undefined ? {} : { spendControl: lessSpent(before.spendControl, shares[0] ?? 0) }),
      additional: before.additional.map((each) => ({ ...each, windows: each.windows.map(give) })),
    },
  };
}

function lessSpent(spend: SpendControl, share: number): SpendControl {
  const { individualLimit } = spend;
  if (individualLimit?.usedPercent === undefined) return spend;
  return { ...spend, individualLimit: { ...individualLimit, usedPercent: individualLimit.usedPercent * (1 - share) } };
}
