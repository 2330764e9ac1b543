import type { Clock } from '../clock.js';

/** A time at which something is to be done. */
export interface Moment {
  /** Milliseconds since the epoch, by the wall clock: expiries and resets are such times. */
  readonly at: number;
  /** Not before this, by the clock that never jumps: pauses after a failure are such times. */
  readonly notBefore?: number;
  /** The account that it is about. */
  readonly about?: string;
}

/** Milliseconds until it has come; 0 or less where it has. */
export function timeUntil({ at, notBefore = Number.NEGATIVE_INFINITY }: Moment, clock: Clock): number {
  return Math.max(at - clock.now(), notBefore - clock.monotonicMs());
}

/** Milliseconds until the first of them; infinite where there is none. */
export function timeUntilFirst(moments: readonly Moment[], clock: Clock): number {
  return moments.reduce((least, moment) => Math.min(least, timeUntil(moment, clock)), Number.POSITIVE_INFINITY);
}
