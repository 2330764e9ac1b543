import { fstatSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { JobControl, Machine } from '../cli/program/machine.js';
import { systemClock } from '../core/clock.js';

interface Interruption extends Pick<Machine, 'signal' | 'unfinished'> {
  /** Called for whatever else ends a run, such as a terminal that has closed. */
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
  process.on('exit', () => {
    if (controller.signal.aborted && [0, 1, 2].some(isClosedTerminal)) dieOfClosedTerminal();
  });
  return { signal: controller.signal, unfinished, interrupt };
}

/** At its end Node puts each terminal in order, and aborts where one has closed, which may leave its memory in a file. */
function dieOfClosedTerminal(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

function isClosedTerminal(descriptor: number): boolean {
  try {
    const facts = fstatSync(descriptor);
    return facts.isCharacterDevice() && facts.rdev !== statSync('/dev/null').rdev && !isatty(descriptor);
  } catch {
    // The descriptor is not open, or the system is Windows.
    return false;
  }
}

export const jobControl: JobControl = {
  async suspend() {
    // The whole group is stopped, as by the terminal: else `npx`, where it started us, would keep the shell waiting.
    process.kill(0, 'SIGTSTP');
    // A job that is stopped does not go on counting; where nothing stops it, as without a shell, the wait is short.
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

/** A terminal sends SIGWINCH only to the job in the foreground, and Node reads its size again only then. */
function readSizeAgain(): void {
  process.kill(process.pid, 'SIGWINCH');
}
