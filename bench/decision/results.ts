import { boundOf } from './bound.js';
import { simulate } from './month.js';
import type { NamedRule } from './rule.js';
import { loadNames, type Scenario, scenarioOf, sightNames, sizeNames } from './scenario.js';

const prices = ['free', 'priced'] as const;

/** The groups that are judged one by one. */
export const groupNames: readonly string[] = [...sizeNames, ...loadNames, ...sightNames];
export const priceNames: readonly string[] = prices;

interface Sum {
  months: number;
  share: number;
  moves: number;
  failedTries: number;
}

/** What one rule made of all months, and of those of each group. */
export class RuleResult {
  readonly #sums = new Map<string, Sum>();

  constructor(readonly name: string) {}

  add(groups: readonly string[], share: number, { moves, failedTries }: { moves: number; failedTries: number }): void {
    for (const group of ['all', ...groups]) {
      const sum = this.#sums.get(group) ?? { months: 0, share: 0, moves: 0, failedTries: 0 };
      sum.months += 1;
      sum.share += share;
      sum.moves += moves;
      sum.failedTries += failedTries;
      this.#sums.set(group, sum);
    }
  }

  /** The mean share of the bound, in per cent. */
  share(group = 'all'): number {
    const { share, months } = this.#sum(group);
    return (100 * share) / months;
  }

  /** Moves inside conversations, in a month. */
  moves(group = 'all'): number {
    const { moves, months } = this.#sum(group);
    return moves / months;
  }

  failedTries(group = 'all'): number {
    const { failedTries, months } = this.#sum(group);
    return failedTries / months;
  }

  #sum(group: string): Sum {
    const sum = this.#sums.get(group);
    if (sum === undefined) throw new Error(`no month belongs to ${group}`);
    return sum;
  }
}

/** Lets every rule go through the same months, once with free and once with priced moves. */
export function compareRules(
  rules: readonly NamedRule[],
  seeds: readonly number[],
  scenarioFor: (seed: number) => Scenario = scenarioOf,
): RuleResult[] {
  const results = rules.map(({ name, start }) => ({ start, result: new RuleResult(name) }));
  for (const seed of seeds) {
    const scenario = scenarioFor(seed);
    const { plans, demand, size, load, sight } = scenario;
    const bound = boundOf(plans, demand);
    for (const { start, result } of results) {
      for (const price of prices) {
        const outcome = simulate(scenario, start(), price === 'free' ? 0 : scenario.price);
        result.add([size, load, sight, price], outcome.done / bound, outcome);
      }
    }
  }
  return results.map(({ result }) => result);
}
