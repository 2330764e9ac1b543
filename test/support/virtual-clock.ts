import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.js';
import type { Provider } from './provider/start.js';

export interface VirtualClock extends Clock {
  /** Aborted when its time is over. */
  readonly signal: AbortSignal;
  /** Every sleep that was asked for: when it began, by the wall clock, and how long. */
  readonly sleeps: readonly (readonly [at: number, ms: number])[];
  /** The machine is suspended: the wall clock goes on, and timers do not. */
  suspend(ms: number): void;
  /** Somebody sets the clock of this machine, and of no other. */
  set(ms: number): void;
}

export interface VirtualClockOptions {
  readonly start: number;
  /** The clock aborts its `signal` after this. */
  readonly lengthMs: number;
  /** A provider whose clock goes along. */
  readonly provider?: Provider;
  /** Called before each sleep, with the milliseconds since the start. */
  readonly onSleep?: (sinceStartMs: number, clock: VirtualClock) => void;
  /** Nothing but the time is remembered, for a simulation of weeks. */
  readonly forgetsSleeps?: boolean;
}

/** A clock for which every sleep is over at once, and later by what was slept. */
export function virtualClock({ start, lengthMs, provider, onSleep, forgetsSleeps }: VirtualClockOptions): VirtualClock {
  const ending = new AbortController();
  const sleeps: (readonly [number, number])[] = [];
  let slept = 0;
  let suspended = 0;
  let set = 0;
  const now = () => start + slept + suspended + set;
  const follow = () => {
    if (provider !== undefined) provider.scenario.clockOffsetSeconds = (now() - set - Date.now()) / 1000;
  };
  const clock: VirtualClock = {
    now,
    monotonicMs: () => slept,
    signal: ending.signal,
    sleeps,
    suspend(ms) {
      suspended += ms;
      follow();
    },
    set(ms) {
      set += ms;
    },
    async sleep(ms, signal) {
      if (forgetsSleeps !== true) sleeps.push([now(), ms]);
      onSleep?.(slept, clock);
      signal?.throwIfAborted();
      // Pending events of files and sockets come first.
      await setImmediate();
      signal?.throwIfAborted();
      slept += ms;
      follow();
      if (slept + suspended >= lengthMs) ending.abort();
      signal?.throwIfAborted();
    },
  };
  follow();
  return clock;
}
