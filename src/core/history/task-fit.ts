import type { Pace } from './pace.js';

const hourMs = 3_600_000;

export type Fit = 'yes' | 'maybe' | 'no' | 'unknown';

/** What work of some length would use of one window before that resets. */
export interface WindowNeed {
  readonly windowId: string;
  readonly leftPercent: number;
  /** Absent below three observations of work. */
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

/** Whether work of this length fits: what comes after a reset must fit into a full window. */
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

/** All of its windows have to last. */
export function overallFit(fits: readonly Fit[]): Fit {
  if (fits.length === 0) return 'unknown';
  return worstFirst.find((fit) => fits.includes(fit)) ?? 'yes';
}
