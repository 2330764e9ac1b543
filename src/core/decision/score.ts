/** A window as the score sees it. */
export interface OpenWindow {
  /** 0..100. */
  readonly percentLeft: number;
  /** Hours until it resets; absent when that is not known. */
  readonly hoursLeft?: number | undefined;
  /** The length of the window in hours; absent when that is not known. */
  readonly hoursLong?: number | undefined;
  /** It has not been used since its reset, and starts with the first use. */
  readonly isIdle: boolean;
}

/** How many short windows a long one is taken to hold where that has not been seen, or where there is no short one. */
const usualWindows = 10;

/**
 * The score of what is lost with the reset: `r / (0.25 + r)` with r = per cent an hour that would have to be used for
 * nothing to be lost. The more short windows a long one holds, the less of it one of them lets through, and the harder
 * it is to use up the same share: r grows with their number.
 */
export function lapseScore(percentPerHour: number, shortWindows = usualWindows): number {
  const rate = (percentPerHour * shortWindows) / usualWindows;
  return rate / (0.25 + rate);
}

/** However soon a window resets, the rate is that of two hours: what is left of a week cannot be used in a moment. */
const shortestHours = 2;

export function percentPerHour(percentLeft: number, hoursLeft: number): number {
  return percentLeft / Math.max(shortestHours, hoursLeft);
}

/** A longer window has a fixed score here: {@link lapseScore} alone decides when it is used. */
const longestSessionHours = 24;

/**
 * The score of the window that would stop a session first. Where the first use would start it: 0.55, because the sooner
 * it runs the sooner it is full again, and up to 0.2 more by what is left of the longest window, because that allows it
 * to be filled so often. Otherwise up to 1.25, for a full one about to reset; less, the less is left and the longer it
 * lasts. The numbers did best on the simulated months of docs/decision-simulation.md.
 */
export function windowScore({ percentLeft, hoursLeft, hoursLong, isIdle }: OpenWindow, longestLeft: number): number {
  if ((hoursLong ?? 0) > longestSessionHours) return 0.5;
  const isDated = hoursLeft !== undefined && hoursLong !== undefined;
  // Where the reset is not known, half of the window is taken to have passed; nothing of an idle one.
  const middle = isIdle ? 0 : 0.5;
  const passed = isDated ? Math.min(1, Math.max(0, 1 - hoursLeft / hoursLong)) : middle;
  const running = (percentLeft / 100) * (0.25 + passed);
  // A full window that was seen long ago is no worse than one that was a little used then.
  return isIdle ? Math.max(running, 0.55 + 0.2 * (longestLeft / 100)) : running;
}
