import { describe, expect, it } from 'vitest';
import { readAccountState, withKnowledge } from '../../../src/core/health/account-state.js';
import { updateAccountState } from '../../../src/core/health/state-store.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { countIn, isWindowRatio, ratioAfter, type WindowRatio } from '../../../src/core/quota/window-ratio.js';
import { testRoot } from '../../support/stored-accounts.js';
import { hourMs, quota, windowOf } from '../decision/accounts.js';

/** An answer with these shares left; the resets are 3 and 100 hours away, or as many as are given. */
const seen = (fiveHours: number, week: number, hours: readonly [number, number] = [3, 100]): QuotaSnapshot =>
  quota({ fiveHours: [fiveHours, hours[0]], week: [week, hours[1]] });

/** An answer with windows of these lengths, which reset when those of `seen` do. */
const pairOf = (short: number, long: number): QuotaSnapshot =>
  quota({ rest: { windows: [windowOf(short, [60, 3]), windowOf(long, [50, 100])].flat() } });

const learntFrom = (...answers: readonly QuotaSnapshot[]) =>
  answers.reduce<WindowRatio | undefined>(
    (known, answer, position) => ratioAfter(known, answers[position - 1], answer),
    undefined,
  );

describe('the ratio of two windows', () => {
  it('adds up what the same work takes from both', () => {
    expect(learntFrom(seen(90, 60), seen(60, 57), seen(40, 55))).toEqual({
      ...{ short: '5h', long: '7d' },
      ...{ shortPercent: 50, longPercent: 5 },
    });
  });

  it('learns from as much of the one as of the other, and from one alone', () => {
    expect(learntFrom(seen(90, 60), seen(80, 50))).toMatchObject({ shortPercent: 10, longPercent: 10 });
    expect(learntFrom(seen(90, 60), seen(80, 60))).toMatchObject({ shortPercent: 10, longPercent: 0 });
  });

  it('begins with the first use of a short window, whose reset each answer before it names anew', () => {
    expect(learntFrom(seen(100, 60, [5, 100]), seen(70, 57, [4, 100]))).toMatchObject({
      shortPercent: 30,
      longPercent: 3,
    });
  });

  it.each<[string, QuotaSnapshot, QuotaSnapshot]>([
    ['the short window was reset', seen(20, 60), seen(90, 55, [5, 100])],
    ['the short window was reset and used more since', seen(90, 60), seen(20, 55, [5, 100])],
    ['the week was reset', seen(90, 40), seen(60, 99, [3, 168])],
    ['nothing was used', seen(90, 60), seen(90, 60)],
    ['there is a week only', quota({ week: [60, 100] }), quota({ week: [50, 100] })],
    ['less of a window is used than before', seen(60, 57), seen(90, 60)],
    ['the short window is another one now', seen(90, 60), pairOf(43_200, 604_800)],
    ['the long window is another one now', seen(90, 60), pairOf(18_000, 2_592_000)],
    ['there are no windows now', seen(90, 60), quota({})],
    ['there is another pair of windows now', seen(90, 60), quota({ fiveHours: [60, 3] })],
  ])('learns nothing where %s', (_, before, answer) => {
    const known: WindowRatio = { short: '5h', long: '7d', shortPercent: 30, longPercent: 3 };
    expect(ratioAfter(known, before, answer)).toBe(known);
    expect(ratioAfter(undefined, before, answer)).toBeUndefined();
  });

  it('forgets slowly, and at once what was seen of other windows', () => {
    const old: WindowRatio = { short: '5h', long: '7d', shortPercent: 600, longPercent: 58 };
    expect(ratioAfter(old, seen(90, 60), seen(50, 56))).toMatchObject({ shortPercent: 320, longPercent: 31 });
    const ofMonths = { ...old, long: '30d' };
    expect(ratioAfter(ofMonths, seen(90, 60), seen(50, 56))).toMatchObject({ long: '7d', longPercent: 4 });
  });

  it.each<[string, number, number, number]>([
    ['ten before anything was seen', 0, 0, 10],
    ['about as many as were seen', 290, 19, 15],
    ['at least one', 2, 50, 1],
  ])('is a count: %s', (_, shortPercent, longPercent, count) => {
    expect(countIn({ short: '5h', long: '7d', shortPercent, longPercent })).toBe(count);
  });

  it.each([
    undefined,
    null,
    7,
    [],
    { short: '5h', long: '7d', shortPercent: -1, longPercent: 2 },
    { short: '5h' },
    { short: 5, long: '7d', shortPercent: 1, longPercent: 2 },
    { short: '5h', long: 7, shortPercent: 1, longPercent: 2 },
  ])('is none that can be read: %j', (value) => expect(isWindowRatio(value)).toBe(false));

  it('is kept beside the quota, whoever keeps that, and outlives a quota that is forgotten', async () => {
    const root = testRoot();
    const stored = () => readAccountState(root.paths.accountState).state.accounts['acc_a'];
    const keep = (snapshot: QuotaSnapshot | undefined) =>
      updateAccountState(root, (state) => withKnowledge(state, 'acc_a', { quota: snapshot }));
    await keep(seen(90, 60));
    await keep({ ...seen(60, 57), observedAt: seen(60, 57).observedAt + hourMs });
    const known = { short: '5h', long: '7d', shortPercent: 30, longPercent: 3 };
    expect(stored()?.ratio).toEqual(known);
    await keep(undefined);
    expect(stored()).toEqual({ ratio: known });
  });
});
