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
 * Calls `expire` once this process has run for so many milliseconds. A process that did not run for a while starts anew,
 * because what it waits for had no time to reach it. Returns what takes the deadline away.
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
