import { AsyncLocalStorage } from 'node:async_hooks';

/** At most so many tasks are at work at once; the others wait in the order in which they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** The turn of one task, which it can give up and take back. */
class Turn {
  #isHeld = false;
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  async take(): Promise<void> {
    if (this.#isHeld) return;
    await this.#turns.take();
    this.#isHeld = true;
  }

  give(): void {
    if (this.#isHeld) this.#turns.give();
    this.#isHeld = false;
  }
}

const current = new AsyncLocalStorage<Turn>();

/**
 * Runs a task for every item, at most `limit` at once, and keeps the order of the items in the results. A task that fails
 * keeps its turn: where all of them fail, as after Ctrl-C, nothing new is begun.
 */
export function inParallel<T, R>(items: readonly T[], limit: number, task: (item: T) => Promise<R>): Promise<R[]> {
  const turns = new Turns(limit);
  const inTurn = async (item: T) => {
    const turn = new Turn(turns);
    await turn.take();
    // With a limit of one, a task cannot give its turn up, so that two are never at work at once.
    const result = await (limit === 1 ? task(item) : current.run(turn, () => task(item)));
    turn.give();
    return result;
  };
  return Promise.all(items.map(inTurn));
}

/** Lets the next item begin although the running task has not ended, because it only waits. */
export function giveTurn(): void {
  current.getStore()?.give();
}

/** Waits until the running task may go on. Not for a task that holds what another one needs to come to its end. */
export async function takeTurn(): Promise<void> {
  await current.getStore()?.take();
}
