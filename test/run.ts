/** `npm test`: every check there is, then one line that says how it went. Any failure makes the exit code 1. */
import { runChecks } from './support/runner/checks.js';
import { installOtherNodes } from './support/runner/other-nodes.js';
import { installPostgres } from './support/runner/postgres.js';
import { installRealClient } from './support/runner/real-client.js';
import { formatSummary, isGood, total } from './support/runner/tally.js';
import { runVitest } from './support/runner/vitest.js';

// The tests use the build. The checks that only look at the code run beside them, because tests often wait.
const looking = runChecks(['types', 'lint', 'unused']);
const build = await runChecks(['build']);
await installRealClient();
await installOtherNodes();
await installPostgres();
const tests = await runVitest(process.argv.slice(2));
const tally = total([await looking, build, tests]);
process.stdout.write(formatSummary(tally));
process.exitCode = isGood(tally) ? 0 : 1;
