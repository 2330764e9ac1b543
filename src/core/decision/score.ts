/** A window as the score sees it. */
export interface OpenWindow {
  /** 0..100. */
  readonly percentLeft: number;
  /** Until it resets; absent when that is not known. */
  readonly hoursLeft?: number | undefined;
  /** Of the whole window; absent when that is not known. */
  readonly hoursLong?: number | undefined;
  /** Nobody has used it since its reset, so that it only starts with the first use. */
  readonly isIdle: boolean;
}

/** As many short windows as make up a long one where nobody has seen how many they are, and where there is none. */
const usualWindows = 10;

/**
 * Of what is lost with the reset: `r / (0.25 + r)` with r = per cent an hour that would have to be used for nothing to be
 * lost. A short window lets through little of a long one that holds many of them, so that the same share is harder to use
 * up there: r counts by how many it holds.
 */
export function lapseScore(percentPerHour: number, shortWindows = usualWindows): number {
  const rate = (percentPerHour * shortWindows) / usualWindows;
  return rate / (0.25 + rate);
}

/** Of a week that resets in a moment no more can be used than in two hours. */
const shortestHours = 2;

export function percentPerHour(percentLeft: number, hoursLeft: number): number {
  return percentLeft / Math.max(shortestHours, hoursLeft);
}

/** A longer window opens no session: when it is used is a matter of {@link lapseScore} alone. */
const longestSessionHours = 24;

/**
 * Of the window that would stop a session first: 0.55 where the first use would start it, because the sooner it runs the
 * sooner it is full again, and up to 0.2 more by what is left of the longest window, because it can be filled again so
 * often. Else 1.25 for a full one about to reset, less the less is left and the longer it still lasts. The numbers are
 * those that did best on the simulated months of docs/decision-simulation.md.
 */
export function windowScore({ percentLeft, hoursLeft, hoursLong, isIdle }: OpenWindow, longestLeft: number): number {
  if ((hoursLong ?? 0) > longestSessionHours) return 0.5;
  const isDated = hoursLeft !== undefined && hoursLong !== undefined;
  // In the middle of it, where nobody knows.
  const middle = isIdle ? 0 : 0.5;
  const passed = isDated ? Math.min(1, Math.max(0, 1 - hoursLeft / hoursLong)) : middle;
  const running = (percentLeft / 100) * (0.25 + passed);
  // A full window that was seen long ago is no worse than one that was a little used then.
  return isIdle ? Math.max(running, 0.55 + 0.2 * (longestLeft / 100)) : running;
}
