import type { JobControl } from '../cli/program/machine.js';
import { systemClock } from '../core/clock.js';

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
