import { describe, expect, it } from 'vitest';
import { boundOf } from '../../../bench/decision/bound.js';
import type { Demand } from '../../../bench/decision/demand.js';
import { Meter, type Plan, shortSlots } from '../../../bench/decision/meter.js';
import { simulate } from '../../../bench/decision/month.js';
import { allRules } from '../../../bench/decision/product.js';
import { oneOf, type Random, randomOf, wholeBetween } from '../../../bench/decision/random.js';
import { compareRules } from '../../../bench/decision/results.js';
import { highest, type NamedRule } from '../../../bench/decision/rule.js';
import { scenarioOf } from '../../../bench/decision/scenario.js';
import { tableOf } from '../../../bench/decision/table.js';
import { shortcomings } from '../../../bench/decision/verdict.js';

/** Four days show the same as a month, and take less time. */
const days = (seed: number) => scenarioOf(seed, 4);
const seeds = Array.from({ length: 18 }, (_, seed) => seed);

/** Whole units wanted by slot. */
function demandIn(wanted: Readonly<Record<number, number>>): Demand {
  const last = Math.max(...Object.keys(wanted).map(Number));
  return Array.from({ length: last + 1 }, (_, slot) =>
    wanted[slot] === undefined ? [] : [{ conversation: slot, work: wanted[slot] }],
  );
}

/** Each way to share out a number of units among some accounts, some of them left undone. */
function sharings(units: number, accounts: number): number[][] {
  if (accounts === 0) return [[]];
  return Array.from({ length: units + 1 }, (_, first) => first).flatMap((first) =>
    sharings(units - first, accounts - 1).map((rest) => [first, ...rest]),
  );
}

/** The most that any plan gets done, by trying all of them. */
function mostPossible(plans: readonly Plan[], demand: Demand): number {
  const slots = demand.flatMap((tasks, slot) => tasks.map(({ work }) => ({ slot, work })));
  let most = 0;
  const tryAll = (position: number, chosen: readonly (readonly number[])[]) => {
    const next = slots[position];
    if (next !== undefined) {
      for (const sharing of sharings(next.work, plans.length)) tryAll(position + 1, [...chosen, sharing]);
      return;
    }
    const meters = plans.map((plan) => new Meter(plan));
    let done = 0;
    for (const [index, sharing] of chosen.entries()) {
      const slot = slots[index]?.slot ?? 0;
      for (const [account, units] of sharing.entries()) done += meters[account]?.use(units, slot) ?? 0;
    }
    most = Math.max(most, done);
  };
  tryAll(0, []);
  return most;
}

function tinyCase(random: Random): { plans: Plan[]; demand: Demand } {
  const plans = Array.from({ length: 2 }, () => ({
    weekCapacity: wholeBetween(random, 2, 5),
    ...(random() < 0.8 ? { shortCapacity: wholeBetween(random, 1, 2) } : {}),
    firstReset: wholeBetween(random, 1, 30),
    usedBefore: oneOf(random, 0, 1),
  }));
  const wanted = Object.fromEntries(
    Array.from({ length: 5 }, () => [wholeBetween(random, 0, 32), wholeBetween(random, 1, 2)]),
  );
  return { plans, demand: demandIn(wanted) };
}

const unlimitedWeek = { weekCapacity: 100, firstReset: 1000, usedBefore: 0 };

describe('the bound', () => {
  it('is never below what some plan gets done, and mostly just that', () => {
    const random = randomOf(3);
    let exact = 0;
    for (let count = 0; count < 30; count += 1) {
      const { plans, demand } = tinyCase(random);
      const [bound, most] = [boundOf(plans, demand), mostPossible(plans, demand)];
      expect(bound).toBeGreaterThanOrEqual(most - 1e-6);
      if (bound < most + 1e-6) exact += 1;
    }
    expect(exact).toBeGreaterThan(20);
  });

  it.each([
    ['all that is wanted, where it fits', { 0: 1, 20: 2 }, 3, 3],
    ['one short window in five hours', { 0: 2, [shortSlots - 1]: 2 }, 3, 3],
    ['and the next one after it', { 0: 2, [shortSlots]: 2 }, 3, 4],
    ['a window may begin late', { 0: 1, [shortSlots - 1]: 2, [shortSlots]: 3 }, 3, 6],
  ])('%s', (_, wanted, shortCapacity, expected) => {
    expect(boundOf([{ ...unlimitedWeek, shortCapacity }], demandIn(wanted))).toBeCloseTo(expected);
  });

  it('holds for each rule in pools of every kind', () => {
    for (const seed of seeds) {
      const scenario = days(seed);
      const bound = boundOf(scenario.plans, scenario.demand);
      for (const { start } of allRules) expect(simulate(scenario, start(), 0).done).toBeLessThanOrEqual(bound + 1e-6);
    }
  });
});

describe('an account of the simulation', () => {
  const plan: Plan = { weekCapacity: 10, shortCapacity: 2, firstReset: 40, usedBefore: 5 };
  const used = (meter: Meter, slot: number) => meter.answer(slot).windows.map(({ usedPercent }) => usedPercent);

  it('starts its short window with the first use and its week by the calendar', () => {
    const meter = new Meter(plan);
    expect(used(meter, 3)).toEqual([0, 50]);
    expect(meter.use(3, 4)).toBe(2);
    expect(used(meter, 4)).toEqual([100, 70]);
    expect(meter.isEmpty(3 + shortSlots)).toBe(true);
    expect(used(meter, 4 + shortSlots)).toEqual([0, 70]);
    expect(used(meter, 40)).toEqual([0, 0]);
  });

  it('tells whole per cents, and 100 only when it refuses', () => {
    const meter = new Meter({ weekCapacity: 3, firstReset: 40, usedBefore: 0 });
    meter.use(2.999, 0);
    expect(used(meter, 0)).toEqual([99]);
    meter.use(1, 0);
    expect(used(meter, 0)).toEqual([100]);
  });
});

describe('the comparison', () => {
  it('is the same each time', () => {
    // One of each size, load and sight.
    const few = [0, 4, 17];
    const [first, second] = [0, 1].map(() => tableOf(compareRules(allRules, few, days)));
    expect(first).toBe(second);
    expect(first).toContain('moves inside conversations');
  });

  it('counts a price for moving, and only then', () => {
    const [own] = compareRules(allRules.slice(0, 1), seeds, days);
    expect(own?.share('free')).toBeGreaterThan(own?.share('priced') ?? Number.NaN);
  });

  it('finds a rule wanting that is not the best', () => {
    const careless: NamedRule = {
      name: 'careless',
      start: () => ({ choose: (question) => highest(question, () => 0) }),
    };
    const [own, old, ...rivals] = compareRules([careless, ...allRules.slice(1)], seeds, days);
    if (own === undefined || old === undefined) throw new Error('there is nothing to compare');
    const found = shortcomings(own, old, rivals);
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(/^free: .* above the old rule, not 0.25$/)]));
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(/^busy: .* points below /)]));
  });
});
