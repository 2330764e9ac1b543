import type { AccountFacts } from '../../src/core/decision/facts.js';
import type { QuotaSnapshot } from '../../src/core/quota/usage.js';
import { ratioAfter, type WindowRatio } from '../../src/core/quota/window-ratio.js';
import type { Task } from './demand.js';
import { Meter, timeOf } from './meter.js';
import type { Rule } from './rule.js';
import type { Scenario } from './scenario.js';

export interface Outcome {
  readonly done: number;
  /** Moves of a conversation that had already got something done on another account. */
  readonly moves: number;
  /** Accounts that were chosen and refused at once. */
  readonly failedTries: number;
}

/** Work smaller than this is done: sums of fractions leave such crumbs. */
const crumb = 1e-9;

const health = { score: 100, state: 'healthy', softRefreshFailure: false } as const;

/** What becomes of a month's work when this rule chooses, each move inside a conversation costing a share of its slot. */
export function simulate(scenario: Scenario, rule: Rule, price: number): Outcome {
  const month = new Month(scenario, rule, price);
  for (const [slot, tasks] of scenario.demand.entries()) month.pass(slot, tasks);
  return month.outcome();
}

class Month {
  readonly #scenario: Scenario;
  readonly #rule: Rule;
  readonly #price: number;
  readonly #meters: readonly Meter[];
  readonly #answers: QuotaSnapshot[];
  /** What the answers have shown of how the windows of each account go together. */
  readonly #ratios: (WindowRatio | undefined)[] = [];
  /** By account: the slot in which its numbers were seen last, until they are needed. */
  readonly #glances: (number | undefined)[] = [];
  /** The account whose login new conversations begin with. */
  #active = 0;
  /** By conversation: the account it got something done on last. */
  readonly #places = new Map<number, number>();
  #done = 0;
  #moves = 0;
  #failedTries = 0;

  constructor(scenario: Scenario, rule: Rule, price: number) {
    this.#scenario = scenario;
    this.#rule = rule;
    this.#price = price;
    this.#meters = scenario.plans.map((plan) => new Meter(plan));
    this.#answers = this.#meters.map((meter) => meter.answer(0));
  }

  outcome(): Outcome {
    return { done: this.#done, moves: this.#moves, failedTries: this.#failedTries };
  }

  pass(slot: number, tasks: readonly Task[]): void {
    for (const [index, isSeen] of (this.#scenario.seen[slot] ?? []).entries()) if (isSeen) this.#glances[index] = slot;
    for (const task of tasks) this.#work(task, slot);
  }

  /** A conversation stays where it is until it is refused; then, and where it begins, the rule is asked. */
  #work({ conversation, work }: Task, slot: number): void {
    const refused = new Set<number>();
    let rest = work;
    let index = this.#places.get(conversation);
    while (rest > crumb) {
      index ??= this.#choose(conversation, slot, refused);
      if (index === undefined) break;
      rest = this.#spend(conversation, index, slot, rest, work);
      refused.add(index);
      index = undefined;
    }
    // A conversation that has to wait finds a cold cache on every account, as if it began again.
    if (rest > crumb) this.#places.delete(conversation);
  }

  /** What is left of the work after as much as possible was done on this account. */
  #spend(conversation: number, index: number, slot: number, wanted: number, work: number): number {
    const meter = this.#meters[index];
    if (meter === undefined) throw new Error(`there is no account ${index}`);
    this.#readGlance(index);
    const place = this.#places.get(conversation);
    if (meter.isEmpty(slot)) {
      if (place !== index) this.#failedTries += 1;
      this.#refuse(index, slot);
      return wanted;
    }
    const isMove = place !== undefined && place !== index;
    if (isMove) this.#moves += 1;
    const possible = isMove ? Math.max(0, wanted - this.#price * work) : wanted;
    const used = meter.use(possible, slot);
    this.#done += used;
    this.#places.set(conversation, index);
    this.#rule.used?.(idOf(index), timeOf(slot));
    if (used < possible) this.#refuse(index, slot);
    return possible - used;
  }

  /** Tells the rule of the refusal. The numbers of the account show it where they are seen in this slot. */
  #refuse(index: number, slot: number): void {
    this.#rule.refused?.(idOf(index), timeOf(slot));
    if (this.#scenario.seen[slot]?.[index] === true) this.#glances[index] = slot;
  }

  #choose(conversation: number, slot: number, refused: ReadonlySet<number>): number | undefined {
    const place = this.#places.get(conversation);
    for (const index of this.#answers.keys()) this.#readGlance(index);
    const facts = this.#answers
      .map((quota, index) => this.#factsOf(index, quota))
      .filter((_, index) => !refused.has(index));
    const session = place === undefined ? {} : { sessionAccountId: idOf(place) };
    const id = this.#rule.choose({ facts, now: timeOf(slot), ...session });
    if (id === undefined) return undefined;
    this.#active = indexOf(id);
    return this.#active;
  }

  #factsOf(index: number, quota: QuotaSnapshot): AccountFacts {
    const active = index === this.#active;
    const ratio = this.#ratios[index];
    return { id: idOf(index), index: index + 1, enabled: true, active, flagged: false, health, quota, ratio };
  }

  /** Reads numbers once they are needed: most are seen several times before, and none change before the next use. */
  #readGlance(index: number): void {
    const slot = this.#glances[index];
    const answer = slot === undefined ? undefined : this.#meters[index]?.answer(slot);
    if (answer !== undefined) {
      this.#ratios[index] = ratioAfter(this.#ratios[index], this.#answers[index], answer);
      this.#answers[index] = answer;
    }
    this.#glances[index] = undefined;
  }
}

const idOf = (index: number) => `acc_${index}`;
const indexOf = (id: string) => Number(id.slice('acc_'.length));
