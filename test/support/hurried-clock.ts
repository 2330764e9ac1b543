import { type Clock, systemClock } from '../../src/core/clock.js';

/** The real clock, except that a sleep of a second or more is over at once, and the monotonic clock later by it. */
export function hurriedClock(): Clock {
  let skipped = 0;
  return {
    now: systemClock.now,
    monotonicMs: () => systemClock.monotonicMs() + skipped,
    async sleep(ms, signal) {
      const isLong = ms >= 1_000;
      if (isLong) skipped += ms;
      return systemClock.sleep(isLong ? 1 : ms, signal);
    },
  };
}
