import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time in the core, so that a test can hold it still. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps when the wall clock is set. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The time of `systemClock`, for what is loaded before everything else. */
export function wallClock(): number {
  return Date.now();
}

export const systemClock: Clock = {
  now: wallClock,
  monotonicMs() {
    // As `performance.now()`, for which Node would load a module of its own.
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node rejects with an AbortError of its own instead of the reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
