import type { BindingQuota, BindingWindow } from '../quota/binding-quota.js';
import { lengthOf } from '../quota/window.js';
import { countIn, type WindowRatio } from '../quota/window-ratio.js';
import { type OpenWindow, percentPerHour, windowScore } from './score.js';

const hourMs = 3_600_000;

/** A window of a day or less is short. */
const shortWindowSeconds = 86_400;

/**
 * With less than this left a window has no headroom: a session would soon stop. 3 % of a week are half an afternoon.
 */
const headroomPercent = { short: 10, long: 3 } as const;

/** Where the server names no reset, a week is the usual length. */
const usualLengthMs = 7 * 24 * hourMs;

/** A reset is told in whole seconds, and an answer takes a moment. */
const resetSlackMs = 60_000;

/** What is left of the longest window, which is lost when that window resets. */
export interface Lapse {
  readonly window: BindingWindow;
  /** Absent where it is not known; then the whole length of the window is taken for the time left. */
  readonly resetsAt?: number | undefined;
  readonly hoursLeft: number;
  /** Percentage points an hour that would have to be used from now on for nothing to be lost. */
  readonly percentPerHour: number;
  /** How many windows of the shortest kind this one holds; absent where that has not been seen. */
  readonly shortWindows?: { readonly id: string; readonly count: number } | undefined;
}

/** The window that would stop a session first. */
export interface Opening extends OpenWindow {
  readonly window: BindingWindow;
  readonly score: number;
}

export type Headroom = 'unlimited' | 'ample' | 'unknown' | 'little';

export interface QuotaOutlook {
  readonly headroom: Headroom;
  /** The window with the least left. */
  readonly tightest?: BindingWindow | undefined;
  /** Absent when one of the longest windows is unknown. */
  readonly lapse?: Lapse | undefined;
  /** Absent when nothing is known of any short window. */
  readonly opening?: Opening | undefined;
}

/**
 * How well the quota of an account can be used now. Nothing in it depends on a window's position, and it only ever
 * improves when any window has more left.
 *
 * - `headroom`: has every window enough left for a session to go on? The account in use keeps its headroom down to half
 *   of that share, so that the choice does not go to and fro at the limit. Unknown while a window is unknown; a short
 *   one that has reset since is taken for full, as long as the others are known.
 * - `lapse`: what is lost, by the longest window with the smallest rate, which promises least.
 * - `opening`: the worst of the shorter windows; where there is none, of all.
 */
export function quotaOutlook(
  quota: BindingQuota | undefined,
  now: number,
  { active = false, ratio }: { readonly active?: boolean; readonly ratio?: WindowRatio | undefined } = {},
): QuotaOutlook {
  if (quota === undefined) return { headroom: 'unknown' };
  if (quota.isUnlimited) return { headroom: 'unlimited' };
  if (quota.windows.length === 0) return { headroom: 'unknown' };
  const longest = Math.max(longestOf(quota.windows), longestOf(quota.lapsed));
  const [known, reset] = [byLength(quota.windows, longest), byLength(quota.lapsed, longest)];
  const isLongKnown = reset.longest.length === 0;
  const lapse = isLongKnown ? slowestLapse(known.longest, now, ratio) : undefined;
  const opening = worstOpening(quota, known, reset, now);
  const tightest = least(quota.windows, ({ remainingPercent }) => remainingPercent);
  return {
    headroom: headroomOf(quota, isLongKnown && !quota.isIncomplete, active),
    tightest,
    lapse,
    opening,
  };
}

/** The length of the last window: they come shortest first. */
function longestOf(windows: readonly BindingWindow[]): number {
  const last = windows.at(-1);
  return last === undefined ? 0 : lengthOf(last);
}

interface ByLength {
  readonly longest: readonly BindingWindow[];
  readonly shorter: readonly BindingWindow[];
}

function byLength(windows: readonly BindingWindow[], length: number): ByLength {
  const first = windows.findIndex((window) => lengthOf(window) === length);
  return first < 0
    ? { longest: [], shorter: windows }
    : { longest: windows.slice(first), shorter: windows.slice(0, first) };
}

function headroomOf(quota: BindingQuota, isKnown: boolean, isInUse: boolean): Headroom {
  if (quota.windows.some((window) => isTight(window, isInUse))) return 'little';
  return isKnown ? 'ample' : 'unknown';
}

function isTight(window: BindingWindow, isInUse: boolean): boolean {
  const enough = lengthOf(window) <= shortWindowSeconds ? headroomPercent.short : headroomPercent.long;
  return window.remainingPercent < (isInUse ? enough / 2 : enough);
}

function slowestLapse(
  windows: readonly BindingWindow[],
  now: number,
  ratio: WindowRatio | undefined,
): Lapse | undefined {
  const lapses = windows.map((window) => lapseOf(window, now, ratio));
  return least(lapses, ({ percentPerHour }) => percentPerHour);
}

function lapseOf(window: BindingWindow, now: number, ratio: WindowRatio | undefined): Lapse {
  const { resetsAt, remainingPercent, durationSeconds } = window;
  const lengthMs = durationSeconds === undefined ? usualLengthMs : durationSeconds * 1000;
  const hoursLeft = (resetsAt === undefined ? lengthMs : resetsAt - now) / hourMs;
  const rate = percentPerHour(remainingPercent, hoursLeft);
  const shortWindows = ratio?.long === window.id ? { id: ratio.short, count: countIn(ratio) } : undefined;
  return { window, resetsAt, hoursLeft, percentPerHour: rate, shortWindows };
}

function worstOpening(quota: BindingQuota, known: ByLength, reset: ByLength, now: number): Opening | undefined {
  const longestLeft = known.longest.reduce((left, { remainingPercent }) => Math.min(left, remainingPercent), 100);
  const scored = (open: OpenWindow, window: BindingWindow): Opening => {
    const { percentLeft, hoursLeft, hoursLong, isIdle } = open;
    return { percentLeft, hoursLeft, hoursLong, isIdle, window, score: windowScore(open, longestLeft) };
  };
  const hasShorter = known.shorter.length + reset.shorter.length > 0;
  const all = (hasShorter ? known.shorter : quota.windows).map((window) =>
    scored(openingOf(window, quota, now), window),
  );
  for (const window of reset.shorter) all.push(scored(asIdle, window));
  return least(all, ({ score }) => score);
}

function openingOf(window: BindingWindow, { observedAt }: BindingQuota, now: number): OpenWindow {
  const { remainingPercent: percentLeft, durationSeconds, resetsAt } = window;
  const lengthMs = durationSeconds === undefined ? undefined : durationSeconds * 1000;
  const isWhole = lengthMs !== undefined && resetsAt !== undefined && resetsAt - observedAt >= lengthMs - resetSlackMs;
  return {
    percentLeft,
    hoursLeft: resetsAt === undefined ? undefined : (resetsAt - now) / hourMs,
    hoursLong: lengthMs === undefined ? undefined : lengthMs / hourMs,
    // Only for short windows: starting a week by a first use is no reason to move to the account.
    isIdle: percentLeft >= 100 && isWhole && lengthOf(window) <= shortWindowSeconds,
  };
}

/** A window that has reset since it was seen. */
const asIdle: OpenWindow = { percentLeft: 100, isIdle: true };

/** The value whose measure is smallest, the first of them where several are. */
export function least<T>(values: readonly T[], measure: (value: T) => number): T | undefined {
  let found: T | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = measure(value);
    if (found !== undefined && size >= smallest) continue;
    found = value;
    smallest = size;
  }
  return found;
}
