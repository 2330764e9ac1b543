import type { Leaving } from './process/code-cache.js';
import { expectFewAnswers } from './process/short-run.js';
import { wholeRun } from './process/whole-run.js';

/** The command line that this process was started with. */
export { runMain as run };

/** A run that saves V8's compiled form changes no flags of V8: with other flags V8 would refuse it later. */
function runMain({ codeCache }: Leaving): Promise<never> {
  if (!codeCache) expectFewAnswers();
  return wholeRun({});
}
