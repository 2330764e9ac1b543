import type { Clock } from '../clock.js';
import { giveTurn } from '../in-parallel.js';

/** How long something that is safe already may wait for others to be written with it. */
const patienceMs = 1_000;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly write: WriteAll<Item, Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type WriteAll<Item, Result> = (items: readonly Item[]) => Promise<Result>;

/**
 * Joins writes that come close after one another, because each of them reads and writes a whole file: they wait for the
 * tasks that may lead to another one, but not longer than a second. One write runs at a time.
 */
export class WriteGroup<Item, Result> {
  readonly #clock: Clock;
  #waiting: Waiting<Item, Result>[] = [];
  /** Tasks that may lead to a write, and how many of them have led to one that is not done yet. */
  #expected = 0;
  #held = 0;
  #patience: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a task that may lead to a write. */
  async expect<T>(task: () => Promise<T>): Promise<T> {
    this.#expected += 1;
    try {
      return await task();
    } finally {
      this.#expected -= 1;
      this.#writeUnlessMoreComes();
    }
  }

  /**
   * For an expected task: resolves when the item is written, alone or with others, and rejects for all of them alike. Its
   * turn goes to the next task meanwhile, and the caller has to take it back (`takeTurn`).
   */
  async write(
    item: Item,
    writeAll: WriteAll<Item, Result>,
    { isUrgent }: { readonly isUrgent: boolean },
  ): Promise<Result> {
    const written = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, write: writeAll, resolve, reject });
    });
    this.#held += 1;
    if (isUrgent) this.#writeNow();
    else this.#writeSoon();
    try {
      giveTurn();
      return await written;
    } finally {
      this.#held -= 1;
    }
  }

  #writeSoon(): void {
    if (this.#patience === undefined) {
      const patience = new AbortController();
      this.#patience = patience;
      this.#clock.sleep(patienceMs, patience.signal).then(
        () => this.#writeNow(),
        // Aborted: the items were written before that.
        () => undefined,
      );
    }
    this.#writeUnlessMoreComes();
  }

  /** A task that takes the turn of one that waits has begun by the next round of the event loop. */
  #writeUnlessMoreComes(): void {
    setImmediate(() => {
      if (this.#expected <= this.#held) this.#writeNow();
    });
  }

  #writeNow(): void {
    this.#last = this.#last.then(() => this.#writeWaiting());
  }

  async #writeWaiting(): Promise<void> {
    this.#patience?.abort();
    this.#patience = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    const [first] = group;
    if (first === undefined) return;
    try {
      const result = await first.write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve(result);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
