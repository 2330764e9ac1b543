import { wholeRun } from './process/whole-run.js';

/** The command line that this process was started with. */
export { runMain as run };

function runMain(): Promise<never> {
  return wholeRun({});
}
