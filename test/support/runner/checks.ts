import { availableParallelism } from 'node:os';
import { inParallel } from '../parallel.js';
import { runProgramBeside } from './program.js';
import { nothing, type Tally, total } from './tally.js';

/** A script of `package.json`. */
type Check = 'types' | 'build' | 'lint' | 'unused';

const limitMs = 10 * 60_000;

/** Runs the checks side by side, and all of them also after a failure, so that one run tells everything. */
export async function runChecks(checks: readonly Check[]): Promise<Tally> {
  const results = await inParallel(availableParallelism(), checks, async (check): Promise<Tally> => {
    const isGood = await runProgramBeside(check, 'npm', ['run', '--silent', check], limitMs);
    return isGood ? { ...nothing, passed: 1 } : { ...nothing, failed: 1, failures: [`npm run ${check}`] };
  });
  return total(results);
}
