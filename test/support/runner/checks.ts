import { availableParallelism } from 'node:os';
import { inParallel } from '../parallel.js';
import { runProgramBeside } from './program.js';
import { nothing, type Tally, total } from './tally.js';

/** The scripts of `package.json` that look at the code without running it, and the build that the tests use; the long ones first. */
const checks = ['types', 'build', 'lint', 'unused'] as const;

const limitMs = 10 * 60_000;

/** Runs all of them side by side, also after a failure, so that one run tells everything. */
export async function runChecks(): Promise<Tally> {
  const results = await inParallel(availableParallelism(), checks, async (check): Promise<Tally> => {
    const isGood = await runProgramBeside(check, 'npm', ['run', '--silent', check], limitMs);
    return isGood ? { ...nothing, passed: 1 } : { ...nothing, failed: 1, failures: [`npm run ${check}`] };
  });
  return total(results);
}
