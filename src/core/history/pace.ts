import { isSameReset } from '../quota/window.js';
import type { Observation } from './observation.js';

const hourMs = 3_600_000;

/** Fewer observations than this say nothing about a pace. */
export const fewestPoints = 3;

/** In less time than this the use changes by no more than the whole per cent to which it is rounded. */
const shortestSpanMs = 5 * 60_000;

/** Two observations further apart than this do not show that the account was in use all the time between them. */
const longestGapMs = hourMs;

/** Per cent of a window an hour. The server tells whole per cents, so that each pace is a range. */
export interface Pace {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** One window as it stands: how long it is, and when it ends. */
export interface PacedWindow {
  readonly lengthMs: number;
  readonly resetsAt?: number | undefined;
}

/**
 * How fast a window is being used up now: over the last fifth of its length, or over its last three observations where
 * these go back further. Undefined with fewer than three, and where the last one is older than that fifth: then the
 * present use is unknown. The observations are those of one window of one account, oldest first.
 */
export function currentPace(seen: readonly Observation[], window: PacedWindow, now: number): Pace | undefined {
  const horizonMs = window.lengthMs / 5;
  const period = currentPeriod(seen, window);
  const last = period.at(-1);
  if (last === undefined || now - last.at > horizonMs) return undefined;
  const recent = period.filter(({ at }) => at >= last.at - horizonMs);
  return paceOf(recent.length < fewestPoints ? period.slice(-fewestPoints) : recent);
}

/** The observations since the last reset, as far as they name the reset that lies ahead. */
function currentPeriod(seen: readonly Observation[], { resetsAt }: PacedWindow): Observation[] {
  return (periodsOf(seen).at(-1) ?? []).filter((each) => isSameReset(each.resetsAt, resetsAt));
}

/** The observations in groups, cut where the window was reset. */
export function periodsOf(seen: readonly Observation[]): Observation[][] {
  const periods: Observation[][] = [];
  for (const each of seen) {
    const last = periods.at(-1)?.at(-1);
    const goesOn =
      last !== undefined && isSameReset(last.resetsAt, each.resetsAt) && each.usedPercent >= last.usedPercent;
    if (goesOn) periods.at(-1)?.push(each);
    else periods.push([each]);
  }
  return periods;
}

function paceOf(seen: readonly Observation[]): Pace | undefined {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || seen.length < fewestPoints) return undefined;
  return last.at - first.at < shortestSpanMs ? undefined : paceBetween(first, last);
}

function paceBetween(first: Observation, last: Observation): Pace {
  const hours = (last.at - first.at) / hourMs;
  const used = last.usedPercent - first.usedPercent;
  return { perHour: used / hours, low: Math.max(0, used - 1) / hours, high: (used + 1) / hours };
}

/**
 * How fast work uses the window up, from all stretches in which work was seen: the median, and a range without the
 * slowest and the fastest fifth of them. Undefined with fewer than three observations of work.
 */
export function workingPace(seen: readonly Observation[]): Pace | undefined {
  const stretches = periodsOf(seen).flatMap(stretchesOfWork);
  const points = stretches.reduce((sum, stretch) => sum + stretch.length, 0);
  const paces = stretches.flatMap((stretch) => {
    const [first, last] = [stretch[0], stretch.at(-1)];
    const isLong = first !== undefined && last !== undefined && last.at - first.at >= shortestSpanMs;
    return isLong ? [paceBetween(first, last)] : [];
  });
  if (points < fewestPoints || paces.length === 0) return undefined;
  return {
    perHour: quantile(
      paces.map(({ perHour }) => perHour),
      0.5,
    ),
    low: quantile(
      paces.map(({ low }) => low),
      0.2,
    ),
    high: quantile(
      paces.map(({ high }) => high),
      0.8,
    ),
  };
}

/** The parts of a period with observations close to each other, each part from its first rise to its last. */
function stretchesOfWork(period: readonly Observation[]): Observation[][] {
  const watched: Observation[][] = [];
  for (const each of period) {
    const last = watched.at(-1)?.at(-1);
    if (last !== undefined && each.at - last.at <= longestGapMs) watched.at(-1)?.push(each);
    else watched.push([each]);
  }
  return watched.map(withoutRest).filter((stretch) => stretch.length > 1);
}

function withoutRest(stretch: readonly Observation[]): Observation[] {
  const [least, most] = [stretch[0]?.usedPercent, stretch.at(-1)?.usedPercent];
  const begin = stretch.findLastIndex(({ usedPercent }) => usedPercent === least);
  const end = stretch.findIndex(({ usedPercent }) => usedPercent === most);
  return begin < end ? stretch.slice(begin, end + 1) : [];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

/** When the window is empty at this pace; undefined where that is not within a year, which counts as never. */
export function emptyAt(leftPercent: number, perHour: number, now: number): number | undefined {
  const hours = leftPercent / perHour;
  return hours <= hoursInYear ? now + hours * hourMs : undefined;
}

const hoursInYear = 365 * 24;

/** How likely it is that a window is empty before it resets: the part of its range of paces that is fast enough. */
export function chanceOfEmpty(leftPercent: number, { low, high }: Pace, hoursLeft: number): number {
  const needed = leftPercent / Math.max(hoursLeft, shortestSpanMs / hourMs);
  const position = high > low ? (high - needed) / (high - low) : Number(high >= needed);
  return Math.min(surest, Math.max(1 - surest, position));
}

/** No forecast of people's work is surer than this. */
const surest = 0.95;

type Fit = 'yes' | 'maybe' | 'no' | 'unknown';

/** What work of some length would use of one window before that resets. */
export interface WindowNeed {
  readonly windowId: string;
  readonly leftPercent: number;
  /** Absent with fewer than three observations of work, as is `highPercent`. */
  readonly lowPercent?: number;
  readonly highPercent?: number;
  readonly fits: Fit;
}

export interface WindowAtWork {
  readonly windowId: string;
  readonly leftPercent: number;
  readonly lengthMs: number;
  readonly resetsAt?: number | undefined;
  readonly pace?: Pace | undefined;
}

/** Whether work fits: the part before the reset into what is left, the part after it into a full window. */
export function windowNeed(window: WindowAtWork, taskMs: number, now: number): WindowNeed {
  const { windowId, leftPercent, lengthMs, resetsAt, pace } = window;
  if (leftPercent <= 0) return { windowId, leftPercent, fits: 'no' };
  if (pace === undefined) return { windowId, leftPercent, fits: 'unknown' };
  const untilReset = resetsAt === undefined ? taskMs : Math.max(0, resetsAt - now);
  const hours = Math.min(taskMs, untilReset) / hourMs;
  const hoursAfter = Math.min(Math.max(0, taskMs - untilReset), lengthMs) / hourMs;
  const fitsAt = (perHour: number) => perHour * hours <= leftPercent && perHour * hoursAfter <= 100;
  const fits = fitsAt(pace.high) ? 'yes' : fitsAt(pace.low) ? 'maybe' : 'no';
  return { windowId, leftPercent, lowPercent: pace.low * hours, highPercent: pace.high * hours, fits };
}

const worstFirst: readonly Fit[] = ['no', 'unknown', 'maybe'];

/** The worst of the windows decides: all of them have to last. */
export function overallFit(fits: readonly Fit[]): Fit {
  if (fits.length === 0) return 'unknown';
  return worstFirst.find((fit) => fits.includes(fit)) ?? 'yes';
}
