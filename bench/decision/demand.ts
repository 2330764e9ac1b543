import { slotsPerDay } from './meter.js';
import { between, lasting, oneOf, type Random, wholeBetween } from './random.js';

/** What one agent wants to get done in one slot. */
export interface Task {
  /** Its number in the month: a conversation has one agent, and goes on over neighbouring slots. */
  readonly conversation: number;
  readonly work: number;
}

/** The tasks of each slot of the month. */
export type Demand = readonly (readonly Task[])[];

/** How hard a conversation works: most are ordinary, some a burst. */
const intensities = [0.5, 1, 1, 1, 2, 3] as const;

/** What there is to do on a day, compared with others. */
const moods = [0.4, 0.7, 1, 1, 2, 3] as const;

/** Agents over some days, in work of no particular size: {@link scaled} gives it one. */
export function demandOf(random: Random, agents: number, days: number): Demand {
  const slots: Task[][] = Array.from({ length: days * slotsPerDay }, () => []);
  const mood = Array.from({ length: days }, () => oneOf(random, ...moods));
  let conversation = 0;
  const talk = (day: number, from: number, until: number) => {
    conversation += 1;
    const work = oneOf(random, ...intensities) * between(random, 0.7, 1.3) * (mood[day] ?? 1);
    for (let slot = from; slot < until; slot += 1) slots[slot]?.push({ conversation, work });
  };
  for (let agent = 0; agent < agents; agent += 1) {
    const habits = { startsAt: between(random, 14, 22), pause: between(random, 1, 2.5), length: between(random, 2, 6) };
    for (let day = 0; day < days; day += 1) workDay(random, habits, day, talk);
  }
  return slots;
}

interface Habits {
  /** The slot of the day. */
  readonly startsAt: number;
  /** Mean number of slots between two conversations. */
  readonly pause: number;
  /** Mean number of slots that a conversation takes. */
  readonly length: number;
}

/** Conversations with pauses between them, on most days; some run into the night. */
function workDay(
  random: Random,
  habits: Habits,
  day: number,
  talk: (day: number, from: number, until: number) => void,
): void {
  const isWeekend = day % 7 >= 5;
  if (random() > (isWeekend ? 0.35 : 0.92)) return;
  const start = day * slotsPerDay + Math.round(habits.startsAt + between(random, -3, 3));
  const end = start + wholeBetween(random, 10, 28);
  let slot = start;
  while (slot < end) {
    const until = slot + lasting(random, habits.length);
    talk(day, slot, until);
    slot = until + lasting(random, habits.pause) - 1;
  }
  if (random() < 0.15) talk(day, slot, slot + wholeBetween(random, 6, 16));
}

/** The same demand with this much work in all. */
export function scaled(demand: Demand, total: number): Demand {
  const factor = total / workIn(demand);
  return demand.map((tasks) => tasks.map(({ conversation, work }) => ({ conversation, work: work * factor })));
}

export function workIn(demand: Demand): number {
  return demand.flat().reduce((sum, { work }) => sum + work, 0);
}
