import { systemClock } from '../clock.js';

// Timers fire before sockets are read. A process that was stopped, starved or asleep sees its deadline first, although
// the answer has long arrived. So a deadline counts the time in which the process ran, and before it ends a request the
// sockets are read once more.

/** How often the time is looked at: a beat that comes much later than this means that the process did not run. */
const beatMs = 1_000;
/** A machine so busy that every beat is late shall not wait forever. */
const maxRestarts = 10;
/** Each turn of the event loop reads what the sockets hold; a tunnel or TLS hands it on some turns later. */
const lastTurns = 10;

/**
 * Calls `expire` once this process has run for so many milliseconds. The count starts anew when the process did not run
 * for a while, because the answer had no time to reach it. Returns a function that takes the deadline away.
 */
export function startDeadline(deadlineMs: number, expire: () => void): () => void {
  const beat = Math.min(beatMs, deadlineMs);
  let leftMs = deadlineMs;
  let restarts = 0;
  let isOver = false;
  let timer: NodeJS.Timeout;

  function wait(): void {
    const startedAt = systemClock.monotonicMs();
    const step = Math.min(beat, leftMs);
    timer = setTimeout(() => count(systemClock.monotonicMs() - startedAt - step, step), step);
  }

  function count(lateMs: number, step: number): void {
    const didNotRun = lateMs > beat && restarts < maxRestarts;
    if (didNotRun) restarts += 1;
    leftMs = didNotRun ? deadlineMs : leftMs - step;
    if (leftMs > 0) wait();
    else look(lastTurns);
  }

  function look(turns: number): void {
    if (isOver) return;
    if (turns === 0) expire();
    else setImmediate(look, turns - 1);
  }

  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** What may end a request before its answer: its deadline or its caller. */
export interface Interruption {
  /** Aborts when either happens. */
  readonly signal: AbortSignal;
  /** Rejects when either happens; undici itself heeds a signal only once it is connected. */
  readonly happened: Promise<never>;
  readonly cause: 'timeout' | 'aborted' | undefined;
  /** From here on nothing interrupts the request: the timer and the caller's signal are released. */
  dispose(): void;
}

/**
 * A timer of our own in place of `AbortSignal.any([AbortSignal.timeout(…)])`, which Node 20 can collect before it
 * fires (nodejs/node#54614).
 */
export function watchInterruption(deadlineMs: number, caller: AbortSignal | undefined): Interruption {
  const controller = new AbortController();
  let cause: Interruption['cause'];
  const interrupt = (by: 'timeout' | 'aborted') => {
    cause ??= by;
    controller.abort();
  };
  const onAbort = () => interrupt('aborted');
  const endDeadline = startDeadline(deadlineMs, () => interrupt('timeout'));
  caller?.addEventListener('abort', onAbort, { once: true });
  if (caller?.aborted) onAbort();
  return {
    signal: controller.signal,
    happened: rejectionOf(controller.signal),
    get cause() {
      return cause;
    },
    dispose() {
      endDeadline();
      caller?.removeEventListener('abort', onAbort);
    },
  };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const happened = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // The request may have settled first; then nothing waits for this rejection, and that is no error.
  happened.catch(() => undefined);
  return happened;
}
