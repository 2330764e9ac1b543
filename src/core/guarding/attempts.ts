import type { Clock } from '../clock.js';
import { type Trouble, troubleAfter } from '../pace.js';

interface Attempt {
  /** By the clock that never jumps: a wall clock that is set back must not stop us for a day. */
  readonly restUntil: number;
  readonly trouble?: Trouble;
}

/** What the failed attempts of one kind have come to, so that what keeps failing is tried less and less often. */
export class Attempts {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #last = new Map<string, Attempt>();
  #shared: Attempt | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Before this, by the monotonic clock, the account is left alone. */
  restUntil(id: string): number {
    const own = this.#last.get(id)?.restUntil ?? Number.NEGATIVE_INFINITY;
    return Math.max(own, this.#shared?.restUntil ?? Number.NEGATIVE_INFINITY);
  }

  isResting(id: string): boolean {
    return this.restUntil(id) > this.#clock.monotonicMs();
  }

  /** The attempt went well: the next one is not before one interval has passed. */
  wentWell(id: string, intervalMs: number): void {
    this.#last.set(id, { restUntil: this.#clock.monotonicMs() + intervalMs });
    this.#shared = undefined;
  }

  /** The attempt failed; `waitMs` is how long to wait at least, where that is known. */
  failed(id: string, intervalMs: number, waitMs = 0): void {
    this.#last.set(id, this.#after(this.#last.get(id), intervalMs, waitMs));
  }

  /** An attempt has failed in a way that it would fail in for every account. */
  allFail(intervalMs: number): void {
    this.#shared = this.#after(this.#shared, intervalMs);
  }

  /** Forgets the accounts that are not among these. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) if (!ids.has(id)) this.#last.delete(id);
  }

  #after(before: Attempt | undefined, intervalMs: number, waitMs = 0): Attempt {
    const now = this.#clock.monotonicMs();
    const trouble = troubleAfter(before?.trouble, { now, intervalMs });
    return { trouble, restUntil: Math.max(trouble.askAgainAt, now + waitMs) };
  }
}
