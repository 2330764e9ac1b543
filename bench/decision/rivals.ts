import type { AccountFacts } from '../../src/core/decision/facts.js';
import { isCurrent, type QuotaWindow } from '../../src/core/quota/window.js';
import { highest, mayBeTried, type NamedRule, type Rule } from './rule.js';

const hourMs = 3_600_000;

/** The ways of choosing that tools of this kind have. */
export const rivals: readonly NamedRule[] = [
  { name: 'round robin', start: roundRobin },
  { name: 'reset soonest', start: resetSoonest },
  { name: 'hybrid', start: hybrid },
  { name: 'most remaining', start: mostRemaining },
  { name: 'sequential', start: sequential },
];

/** The account after the one that was chosen last. */
function roundRobin(): Rule {
  let last = 0;
  return {
    choose({ facts, now }) {
      const able = facts.filter((account) => mayBeTried(account, now));
      const next = able.find(({ index }) => index > last) ?? able[0];
      last = next?.index ?? last;
      return next?.id;
    },
  };
}

/** The first account that is not empty. */
function sequential(): Rule {
  return { choose: (question) => highest(question, () => 0) };
}

/** The account whose fullest window is least full. */
function mostRemaining(): Rule {
  return { choose: (question) => highest(question, (account) => leastLeft(account, question.now)) };
}

/** The account whose longest window resets first. */
function resetSoonest(): Rule {
  return { choose: (question) => highest(question, (account) => -longestReset(account, question.now)) };
}

/**
 * The weighted sum of several older tools: twice the health, five times the tokens of a bucket that refills, and twice the
 * hours since the last use. A limit costs ten points of health and ten tokens.
 */
function hybrid(): Rule {
  const health = new Level(100, 2);
  const tokens = new Level(50, 360);
  const lastUse = new Map<string, number>();
  return {
    choose(question) {
      const { now } = question;
      return highest(question, ({ id }) => {
        const idleHours = (now - (lastUse.get(id) ?? now - 24 * hourMs)) / hourMs;
        return 2 * health.at(id, now) + 5 * tokens.at(id, now) + 2 * idleHours;
      });
    },
    used(id, now) {
      lastUse.set(id, now);
      health.add(id, 1, now);
      tokens.add(id, -1, now);
    },
    refused(id, now) {
      health.add(id, -10, now);
      tokens.add(id, -10, now);
    },
  };
}

/** A number per account that goes back to its full value with time. */
class Level {
  readonly #values = new Map<string, { readonly value: number; readonly at: number }>();
  constructor(
    readonly full: number,
    readonly perHour: number,
  ) {}

  at(id: string, now: number): number {
    const known = this.#values.get(id);
    if (known === undefined) return this.full;
    return Math.min(this.full, known.value + ((now - known.at) / hourMs) * this.perHour);
  }

  add(id: string, amount: number, now: number): void {
    this.#values.set(id, { value: Math.max(0, Math.min(this.full, this.at(id, now) + amount)), at: now });
  }
}

function leastLeft({ quota }: AccountFacts, now: number): number {
  return Math.min(100, ...currentWindows(quota, now).map(({ remainingPercent }) => remainingPercent));
}

function longestReset({ quota }: AccountFacts, now: number): number {
  return currentWindows(quota, now).at(-1)?.resetsAt ?? Number.MAX_SAFE_INTEGER;
}

function currentWindows(quota: AccountFacts['quota'], now: number): readonly QuotaWindow[] {
  return quota?.windows.filter((window) => isCurrent(window, quota.observedAt, now)) ?? [];
}
