import type { Demand } from './demand.js';
import { FlowNetwork } from './flow-network.js';
import { type Plan, shortSlots, weekSlots } from './meter.js';

/**
 * More work than this no rule can get done, not even one that knows the whole month beforehand and pays nothing for
 * moving. It is the greatest flow from the demand of each slot through the windows of the accounts, in fractions, where
 * a window may begin whenever that helps. `docs/decision-simulation.md` says why each limit holds for every rule.
 */
export function boundOf(plans: readonly Plan[], demand: Demand): number {
  const wanted = demand.map((tasks) => tasks.reduce((sum, { work }) => sum + work, 0));
  const network = new FlowNetwork();
  const slots = wanted.map((work) => (work > 0 ? network.nodeFrom(network.source, work) : undefined));
  const stretches = stretchesOf(wanted);
  for (const plan of plans) {
    const weeks = weeksOf(plan, wanted.length).map(({ from, until, capacity }) => ({
      from,
      until,
      node: network.nodeTo(network.sink, capacity),
    }));
    for (const week of weeks) addWeek(network, plan, week, stretches, slots);
  }
  return network.greatestFlow();
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * Spans of demand so far apart that no short window reaches from one into the next: a window begins with a use, and a use
 * needs demand.
 */
function stretchesOf(wanted: readonly number[]): Span[] {
  const stretches: { from: number; until: number }[] = [];
  for (const [slot, work] of wanted.entries()) {
    if (work <= 0) continue;
    const last = stretches.at(-1);
    if (last !== undefined && slot < last.until - 1 + shortSlots) last.until = slot + 1;
    else stretches.push({ from: slot, until: slot + 1 });
  }
  return stretches;
}

function weeksOf(plan: Plan, slots: number): (Span & { readonly capacity: number })[] {
  const first = { from: 0, until: plan.firstReset, capacity: plan.weekCapacity - plan.usedBefore };
  const weeks = [first];
  for (let from = plan.firstReset; from < slots; from += weekSlots) {
    weeks.push({ from, until: from + weekSlots, capacity: plan.weekCapacity });
  }
  return weeks;
}

function addWeek(
  network: FlowNetwork,
  { shortCapacity }: Plan,
  week: Span & { readonly node: number },
  stretches: readonly Span[],
  slots: readonly (number | undefined)[],
): void {
  const connect = (from: number, until: number, node: number) => {
    for (const slot of slots.slice(from, until)) if (slot !== undefined) network.connect(slot, node);
  };
  if (shortCapacity === undefined) {
    connect(week.from, week.until, week.node);
    return;
  }
  for (const stretch of stretches) {
    const from = Math.max(stretch.from, week.from);
    const until = Math.min(stretch.until, week.until);
    if (from >= until) continue;
    // Where the week begins inside a stretch, one window may be open already.
    const open = from > stretch.from ? 1 : 0;
    let node = week.node;
    for (let block = Math.ceil((until - from) / shortSlots) - 1; block >= 0; block -= 1) {
      const start = from + block * shortSlots;
      node = network.nodeTo(node, (block + 1 + open) * shortCapacity);
      const own = block === 0 ? node : network.nodeTo(node, 2 * shortCapacity);
      connect(start, Math.min(until, start + shortSlots), own);
    }
  }
}
