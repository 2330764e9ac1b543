import type { Clock } from '../clock.js';

/** Three heartbeats of `file-lock.ts`. */
const silenceMs = 15_000;
const longestStepMs = 1_000;

/**
 * Tells when an owner that we cannot judge (another host, another container, an unreadable record) has stopped
 * moving its heartbeat. Only the waiter's monotonic clock counts, and of a pause between two looks at most a second:
 * a machine that was asleep with both of them on it has not watched anything. This is the one place where a live
 * owner can lose its lock, when it is suspended for that long; its `assertHeld` then fails.
 */
export class ForeignWatch {
  readonly #clock: Clock;
  #seen: string | undefined;
  #lookedAt = 0;
  #silentMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call at every look. `heartbeat` is any value that changes when the owner lives. */
  isSilent(nonce: string, heartbeat: number | undefined): boolean {
    const now = this.#clock.monotonicMs();
    const current = `${nonce} ${heartbeat}`;
    this.#silentMs = current === this.#seen ? this.#silentMs + Math.min(now - this.#lookedAt, longestStepMs) : 0;
    this.#seen = current;
    this.#lookedAt = now;
    return this.#silentMs >= silenceMs;
  }
}
