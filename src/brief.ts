import type { Leaving } from './process/code-cache.js';
import { expectFewAnswers, expectLongRead } from './process/short-run.js';
import { wholeRun } from './process/whole-run.js';

// The process of label, switch and doctor, which are typed now and then and end at once
// (docs/decisions/010-quick-bundle.md): the whole program, without the other commands.

export { runBrief as run };

/** A run that saves V8's compiled form changes no flags of V8: with other flags V8 would refuse it later. */
function runBrief({ codeCache }: Leaving): Promise<never> {
  if (codeCache) return wholeRun({});
  expectFewAnswers();
  return wholeRun({ expectLongRead });
}
