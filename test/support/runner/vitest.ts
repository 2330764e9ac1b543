import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as z from 'zod/mini';
import { project, runProgram } from './program.js';
import { nothing, type Tally } from './tally.js';

const limitMs = 40 * 60_000;

/** Runs the tests and counts them from vitest's own report, which says more than its exit code. */
export async function runVitest(filters: readonly string[]): Promise<Tally> {
  process.stdout.write('\n== tests\n');
  const directory = mkdtempSync(join(tmpdir(), 'codex-auth-report-'));
  const report = join(directory, 'report.json');
  try {
    const vitest = join(project, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const endedWell = await runProgram(process.execPath, [vitest, 'run', ...reporters, ...filters], limitMs);
    const json: unknown = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
    return judgeReport(json, endedWell);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/**
 * What the report says, and what it leaves out: a file that did not load and a hook that failed have no failed test,
 * an error outside of every test is in the exit code alone, and a run without a single test is no success.
 */
export function judgeReport(json: unknown, endedWell: boolean): Tally {
  const report = Report.safeParse(json);
  if (!report.success) return failure('vitest ended without a report');
  const tests = report.data.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ status, title: `${relative(project, name)}: ${fullName}` })),
  );
  const titles = (...statuses: string[]) =>
    tests.filter(({ status }) => statuses.includes(status)).map(({ title }) => title);
  const broken = report.data.testResults
    .filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    )
    .map(({ name }) => `${relative(project, name)}: the file did not load, or a hook of it failed`);
  const passed = titles('passed');
  const failures = [...titles('failed'), ...broken];
  if (tests.length === 0 && failures.length === 0) failures.push('there was no test to run');
  if (!endedWell && failures.length === 0) failures.push('vitest met an error outside of the tests');
  const skips = tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ title }) => title);
  return { passed: passed.length, failed: failures.length, skipped: skips.length, failures, skips };
}

function failure(message: string): Tally {
  return { ...nothing, failed: 1, failures: [message] };
}
