import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from '../../support/runner/program.js';
import { formatSummary, isGood, nothing, total } from '../../support/runner/tally.js';
import { judgeReport } from '../../support/runner/vitest.js';

const file = (status: string, ...tests: [string, string][]) => ({
  name: join(project, 'test', 'a.test.ts'),
  status,
  assertionResults: tests.map(([fullName, state]) => ({ fullName, status: state })),
});
const report = (...testResults: ReturnType<typeof file>[]) => ({ testResults });

describe('what vitest reports', () => {
  it('is counted test by test, with the names of what did not pass', () => {
    const json = report(
      file('failed', ['adds', 'passed'], ['divides', 'failed'], ['waits', 'skipped'], ['later', 'todo']),
    );
    expect(judgeReport(json, false)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 2,
      failures: ['test/a.test.ts: divides'],
      skips: ['test/a.test.ts: waits', 'test/a.test.ts: later'],
    });
  });

  it('is a failure when a file did not load, although no test of it failed', () => {
    expect(judgeReport(report(file('failed'), file('passed', ['adds', 'passed'])), false)).toMatchObject({
      passed: 1,
      failed: 1,
      failures: ['test/a.test.ts: the file did not load, or a hook of it failed'],
    });
  });

  it('is a failure when vitest failed outside of the tests', () => {
    expect(judgeReport(report(file('passed', ['adds', 'passed'])), false)).toMatchObject({ passed: 1, failed: 1 });
  });

  it('is a failure when there was no test', () => {
    expect(judgeReport(report(), true)).toMatchObject({ passed: 0, failed: 1, failures: ['there was no test to run'] });
  });

  it('is a failure when there is no report', () => {
    expect(judgeReport(undefined, true)).toMatchObject({ failed: 1, failures: ['vitest ended without a report'] });
  });
});

describe('the summary', () => {
  it('ends with the counts alone on the last line', () => {
    const tally = total([
      { ...nothing, passed: 4 },
      { ...nothing, failed: 1, skipped: 1, failures: ['x'], skips: ['y'] },
    ]);
    const lines = formatSummary(tally).trimEnd().split('\n');
    expect(lines).toContain('FAILED: x');
    expect(lines).toContain('skipped: y');
    expect(lines.at(-1)).toBe('4 passed, 1 failed');
  });

  it('is good only when something passed and nothing failed', () => {
    expect(isGood({ ...nothing, passed: 1 })).toBe(true);
    expect(isGood({ ...nothing, passed: 1, failed: 1 })).toBe(false);
    expect(isGood(nothing)).toBe(false);
  });
});
