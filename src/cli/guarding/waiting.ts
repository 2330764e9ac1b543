import { type Moment, timeUntilFirst } from '../../core/guarding/due.js';
import type { FileChanges } from '../../core/guarding/file-changes.js';
import { withJitter } from '../../core/pace.js';
import type { Context } from '../program/context.js';

/** As long as a program takes that writes several files one after the other. */
const settleMs = 200;

/**
 * Sleeps until one of the moments has come, or a file has become another one. Meanwhile the clock is looked at once in an
 * interval, and nothing else: timers stand still while the machine is suspended. Throws the signal's reason.
 */
export async function sleepUntil(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  changes: FileChanges,
  moments: readonly Moment[],
  intervalMs: number,
): Promise<void> {
  for (;;) {
    const left = timeUntilFirst(moments, clock);
    if (left <= 0) return;
    await nap({ clock, signal }, changes, Math.min(left, withJitter(intervalMs)));
    if (changes.isTold) await clock.sleep(settleMs, signal);
    if ((changes.isTold || changes.mustLook) && changes.haveChanged()) return;
  }
}

/** Until the time is over, or the system tells that a file has changed. */
async function nap({ clock, signal }: Pick<Context, 'clock' | 'signal'>, changes: FileChanges, ms: number) {
  signal.throwIfAborted();
  if (changes.isTold) return;
  const waking = new AbortController();
  const wake = () => waking.abort();
  // Not `AbortSignal.any`, which would leave something behind with each nap.
  signal.addEventListener('abort', wake, { once: true });
  changes.onTold(wake);
  try {
    await clock.sleep(ms, waking.signal);
  } catch (error) {
    if (!waking.signal.aborted) throw error;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', wake);
    changes.onTold(undefined);
  }
}
