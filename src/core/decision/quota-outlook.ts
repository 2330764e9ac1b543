import { definedOnly } from '../defined-only.js';
import type { BindingQuota, BindingWindow } from '../quota/binding-quota.js';

/** A window below this remaining share has no headroom: a session started there would soon stop. */
const headroomPercent = 10;

/** A window of a day or less is short even when it is the only one. */
const shortWindowSeconds = 86_400;

const hourMs = 3_600_000;

/** The unused part of the longest window, which is lost when that window resets. */
export interface Lapse {
  readonly window: BindingWindow;
  readonly resetsAt: number;
  /** Percentage points an hour that would have to be used from now on for nothing to be lost. */
  readonly percentPerHour: number;
}

export interface QuotaOutlook {
  readonly headroom: 'ample' | 'unknown' | 'little';
  /** The short window with the least left, when that is little. */
  readonly tightest?: BindingWindow;
  /** Absent when the longest window or its reset is unknown. */
  readonly lapse?: Lapse;
}

/**
 * How the remaining quota of an account stands to be used, from two questions that never look at a window's position:
 *
 * - Headroom: has every short window (any but the longest; also a lone one of a day or less) at least 10 % left?
 *   Unknown while a short window is unknown and none is known to be low.
 * - Waste: of the longest window, remaining share / hours until its reset. The reset is taken as at least an hour away,
 *   so that the last minutes do not count without bound. The more an account has left and the sooner that is gone, the
 *   higher the rate; where several limits share the longest duration, the smallest rate is the honest one.
 *
 * Both only ever improve when any window has more left.
 */
export function quotaOutlook(quota: BindingQuota | undefined, now: number): QuotaOutlook {
  if (quota === undefined || quota.windows.length === 0) return { headroom: 'unknown' };
  const all = [...quota.windows, ...quota.lapsed];
  const longestSeconds = Math.max(...all.map((window) => window.durationSeconds));
  const isShort = (window: BindingWindow) =>
    window.durationSeconds < longestSeconds || window.durationSeconds <= shortWindowSeconds;
  const tightest = leastRemaining(quota.windows.filter(isShort));
  const isLongestKnown = quota.lapsed.every((window) => window.durationSeconds < longestSeconds);
  const longest = quota.windows.filter((window) => window.durationSeconds === longestSeconds);
  return definedOnly({
    ...headroomOf(tightest, quota.isIncomplete || quota.lapsed.some(isShort)),
    lapse: isLongestKnown ? slowestLapse(longest, now) : undefined,
  });
}

function headroomOf(
  tightest: BindingWindow | undefined,
  hasUnknown: boolean,
): { headroom: QuotaOutlook['headroom']; tightest?: BindingWindow } {
  if (tightest !== undefined && tightest.remainingPercent < headroomPercent) return { headroom: 'little', tightest };
  return { headroom: hasUnknown ? 'unknown' : 'ample' };
}

function leastRemaining(windows: readonly BindingWindow[]): BindingWindow | undefined {
  return [...windows].sort((a, b) => a.remainingPercent - b.remainingPercent)[0];
}

function slowestLapse(windows: readonly BindingWindow[], now: number): Lapse | undefined {
  const lapses = windows.map((window) => lapseOf(window, now));
  const known = lapses.filter((lapse) => lapse !== undefined);
  if (known.length < lapses.length) return undefined;
  return known.sort((a, b) => a.percentPerHour - b.percentPerHour)[0];
}

function lapseOf(window: BindingWindow, now: number): Lapse | undefined {
  const { resetsAt, remainingPercent } = window;
  if (resetsAt === undefined) return undefined;
  const hoursLeft = Math.max(1, (resetsAt - now) / hourMs);
  return { window, resetsAt, percentPerHour: remainingPercent / hoursLeft };
}
