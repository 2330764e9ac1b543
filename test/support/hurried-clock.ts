import { type Clock, systemClock } from '../../src/core/clock.js';

/** The real clock, except that time flies while somebody waits for more than a moment. */
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
