import type { JobControl, Machine } from '../cli/program/machine.js';
import { systemClock } from '../core/clock.js';

interface Interruption extends Pick<Machine, 'signal' | 'unfinished'> {
  /** For whatever else ends a run, such as a terminal that has closed. */
  interrupt(): void;
}

/** npx passes on what the terminal has sent to all of us already, and a key that is held down repeats. */
const samePressMs = 500;

const waiting =
  'Waiting for the provider to answer a request about a login, at most 15 seconds: cut short, it could cost that login. Ctrl-C once more ends this now.\n';

/**
 * Ctrl-C and requests to end, from here on. While a request about a login is under way, only the third Ctrl-C ends the
 * process (docs/decisions/005-interrupt-waits-for-a-token-request.md).
 */
export function heedSignals(): Interruption {
  const controller = new AbortController();
  const unfinished = new Set<Promise<unknown>>();
  const interrupt = () => controller.abort();
  let lastAt = Number.NEGATIVE_INFINITY;
  let isWarned = false;

  function pressed(): void {
    const now = systemClock.monotonicMs();
    const isSamePress = now - lastAt < samePressMs;
    lastAt = now;
    if (!controller.signal.aborted) {
      interrupt();
      return;
    }
    if (unfinished.size > 0 && isSamePress) return;
    if (unfinished.size === 0 || isWarned) process.exit(130);
    isWarned = true;
    process.stderr.write(waiting);
  }

  process.on('SIGINT', pressed).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  return { signal: controller.signal, unfinished, interrupt };
}

export const jobControl: JobControl = {
  async suspend() {
    // The whole group, as the terminal would: `npx` in front of us would else keep the shell waiting.
    process.kill(0, 'SIGTSTP');
    // Time stands still until the job goes on; where nothing stops it, as without a shell, it simply goes on.
    await systemClock.sleep(100);
    readSizeAgain();
    await systemClock.sleep(10);
  },
  listen(listener) {
    const stop = () => listener('stop');
    const goOn = () => {
      readSizeAgain();
      listener('continue');
    };
    process.on('SIGTSTP', stop).on('SIGCONT', goOn);
    return () => process.off('SIGTSTP', stop).off('SIGCONT', goOn);
  },
  beforeEnd(restore) {
    process.on('exit', restore);
    return () => process.off('exit', restore);
  },
};

/** Only the job in the foreground is told of a new size, and Node looks at it when it is told. */
function readSizeAgain(): void {
  process.kill(process.pid, 'SIGWINCH');
}
