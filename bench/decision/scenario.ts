import { type Demand, demandOf, scaled } from './demand.js';
import { type Plan, weekSlots } from './meter.js';
import { between, oneOf, type Random, randomOf, wholeBetween } from './random.js';

const daysInMonth = 30;

type Range = readonly [least: number, most: number];

/** How many accounts, and how many agents they are for. */
const sizes = {
  '2 accounts': { accounts: [2, 2], agents: [1, 2] },
  '3-5 accounts': { accounts: [3, 5], agents: [2, 3] },
  '6-8 accounts': { accounts: [6, 8], agents: [3, 3] },
} as const satisfies Record<string, { readonly accounts: Range; readonly agents: Range }>;

/** The month's demand as a share of what all accounts may use in it. */
const loads = {
  calm: [0.3, 0.6],
  busy: [0.7, 0.95],
  overloaded: [1.05, 1.3],
} as const satisfies Record<string, Range>;

/** In what share of the slots the numbers of an account are seen. */
const sights = {
  fresh: [1, 1],
  stale: [0.3, 0.6],
} as const satisfies Record<string, Range>;

export type Size = keyof typeof sizes;
export type Load = keyof typeof loads;
export type Sight = keyof typeof sights;
export const sizeNames = Object.keys(sizes) as Size[];
export const loadNames = Object.keys(loads) as Load[];
export const sightNames = Object.keys(sights) as Sight[];

/** One month: the same for every rule. */
export interface Scenario {
  readonly size: Size;
  readonly load: Load;
  readonly sight: Sight;
  readonly plans: readonly Plan[];
  readonly demand: Demand;
  /** What a move inside a conversation costs, as a share of the work of half an hour, when moves are priced. */
  readonly price: number;
  /** By slot: which accounts' numbers are seen then. */
  readonly seen: readonly (readonly boolean[])[];
}

/** Neighbouring seeds fall into different groups, so that any run of eighteen holds each combination once. */
export function scenarioOf(seed: number, days = daysInMonth): Scenario {
  const random = randomOf(seed * 7919);
  const size = cyclic(sizeNames, seed);
  const load = cyclic(loadNames, Math.floor(seed / 3));
  const sight = cyclic(sightNames, Math.floor(seed / 9));
  const { accounts, agents }: { readonly accounts: Range; readonly agents: Range } = sizes[size];
  const plans = plansOf(random, wholeBetween(random, ...accounts));
  const capacity = plans.reduce((sum, { weekCapacity }) => sum + weekCapacity, 0) * (days / 7);
  const wanted = demandOf(random, wholeBetween(random, ...agents), days);
  const demand = scaled(wanted, capacity * inRange(random, loads[load]));
  const price = oneOf(random, 0.15, 0.3);
  const share = inRange(random, sights[sight]);
  const seen = demand.map(() => plans.map(() => random() < share));
  return { size, load, sight, plans, demand, price, seen };
}

function inRange(random: Random, [least, most]: Range): number {
  return between(random, least, most);
}

function cyclic<T>(names: readonly T[], position: number): T {
  return names[position % names.length] as T;
}

/** Most pools have both windows everywhere, some mix them with accounts that have a week only; most plans are small. */
function plansOf(random: Random, count: number): Plan[] {
  const shareWithShort = oneOf(random, 1, 1, 1, 0.5);
  return Array.from({ length: count }, () => {
    const weekCapacity = oneOf(random, 1, 1, 1, 1, 1, 2, 5);
    const shortCapacity = weekCapacity / between(random, 6, 16);
    return {
      weekCapacity,
      ...(random() < shareWithShort ? { shortCapacity } : {}),
      firstReset: wholeBetween(random, 1, weekSlots),
      usedBefore: weekCapacity * between(random, 0, 0.6),
    };
  });
}
