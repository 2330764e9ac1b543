import type { Leaving } from './process/code-cache.js';
import { expectFewAnswers, expectLongRead } from './process/short-run.js';
import { wholeRun } from './process/whole-run.js';

// The process of what is typed now and then and ends at once (docs/decisions/010-quick-bundle.md): the whole program, without the
// commands that it was not started for.

export { runBrief as run };

/** A run that leaves V8's compiled form changes no flags of V8, which would later refuse what it made under others. */
function runBrief({ codeCache }: Leaving): Promise<never> {
  if (codeCache) return wholeRun({});
  expectFewAnswers();
  return wholeRun({ expectLongRead });
}
