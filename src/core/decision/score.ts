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

/** Of what is lost with the reset: `r / (0.35 + r)` with r = per cent an hour that would have to be used for nothing to be lost. */
export function lapseScore(percentPerHour: number): number {
  return percentPerHour / (0.35 + percentPerHour);
}

/** Of a week that resets in a moment no more can be used than in two hours. */
const shortestHours = 2;

export function percentPerHour(percentLeft: number, hoursLeft: number): number {
  return percentLeft / Math.max(shortestHours, hoursLeft);
}

/** A longer window opens no session: when it is used is a matter of {@link lapseScore} alone. */
const longestSessionHours = 24;

/**
 * Of the window that would stop a session first: 0.5 where the first use would start it, because the sooner it runs the
 * sooner it is full again; else 0.9 for a full one about to reset, less the less is left and the longer it still lasts. The
 * numbers are those that did best on the simulated months of docs/decision-simulation.md.
 */
export function windowScore({ percentLeft, hoursLeft, hoursLong, isIdle }: OpenWindow): number {
  if (isIdle) return 0.5;
  if (hoursLong !== undefined && hoursLong > longestSessionHours) return 0.25;
  const isDated = hoursLeft !== undefined && hoursLong !== undefined && hoursLong > 0;
  // In the middle of it, where nobody knows.
  const passed = isDated ? 1 - hoursLeft / hoursLong : 0.5;
  return 0.9 * (percentLeft / 100) * Math.min(1, Math.max(0, passed));
}
