import { runProgram } from './program.js';
import { nothing, type Tally, total } from './tally.js';

/** The scripts of `package.json` that look at the code without running it, and the build that the tests use. */
const checks = ['types', 'lint', 'unused', 'build'] as const;

const limitMs = 3 * 60_000;

/** Runs all of them, also after a failure, so that one run tells everything. */
export async function runChecks(): Promise<Tally> {
  const results: Tally[] = [];
  for (const check of checks) {
    process.stdout.write(`\n== ${check}\n`);
    const isGood = await runProgram('npm', ['run', '--silent', check], limitMs);
    results.push(isGood ? { ...nothing, passed: 1 } : { ...nothing, failed: 1, failures: [`npm run ${check}`] });
  }
  return total(results);
}
