import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { createTestHome } from '../../support/cli.js';
import { project } from '../../support/runner/program.js';
import { temporaryDirectory } from '../../support/temporary.js';

const yearMs = 365.25 * 86_400_000;

/** The time of the machine, which no test shifts. */
function fileTime(): Date {
  const path = join(temporaryDirectory(), 'file');
  writeFileSync(path, '');
  return statSync(path).mtime;
}

test.each([
  ['Date.now()', () => Date.now()],
  ['new Date()', () => Date.parse(new Date().toISOString())],
  ['Date()', () => Date.parse(Date())],
  ['the clock of the program', () => systemClock.now()],
  ['the clock of a home', () => createTestHome().clock.now()],
])('%s is twenty years ahead of the machine, so that no test leans on the day it was written', (_name, now) => {
  expect((now() - fileTime().getTime()) / yearMs).toBeCloseTo(20, 2);
});

test('everything else about a Date is as ever', () => {
  expect(fileTime()).toBeInstanceOf(Date);
  expect(new Date()).toBeInstanceOf(Date);
  expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
  expect(new Date(2026, 10, 21, 12).getTime()).toBe(Date.UTC(2026, 10, 21, 12));
});

/** A date, an epoch of this century in seconds or milliseconds, or the moment at which snapshots are taken. */
const fixedTime = /\b20\d\d-\d\d-\d\d|\bDate\.UTC\(|\b(?:noon|atNoon)\b|\b[1-3]_?\d{3}_?\d{3}_?\d{3}(?:_?\d{3})?\b/;

const bound = ['test/e2e', 'test/support/provider'].flatMap((directory) =>
  readdirSync(join(project, directory)).map((name) => `${directory}/${name}`),
);

test.each(bound)('%s names no fixed time, because the programs it is about have the real one', (path) => {
  const lines = readFileSync(join(project, path), 'utf8').split('\n');
  expect(lines.filter((line) => fixedTime.test(line))).toEqual([]);
});

test.each(["'2027-11-01T00:00:00Z'", 'Date.UTC(2026, 10)', '...atNoon', '1_900_000_000', '1795264200000'])(
  '%s is a fixed time',
  (text) => {
    expect(text).toMatch(fixedTime);
  },
);
