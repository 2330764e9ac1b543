import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../src/core/errors.js';

/** The variable with the directory, set by the process that starts those of the tests (`runner/made-once.ts`). */
export const madeOnceVariable = 'TESTS_MADE_ONCE';

/** The directory for what is made once; undefined outside of a run of the tests, as in a benchmark. */
export function madeOnceDirectory(): string | undefined {
  return process.env[madeOnceVariable];
}

/** A directory that the first caller fills for all others, and that appears as a whole. Undefined outside of tests. */
export function madeOnce(name: string, fill: (directory: string) => void): string | undefined {
  const place = madeOnceDirectory();
  if (place === undefined) return undefined;
  const directory = join(place, name);
  if (existsSync(directory)) return directory;
  const own = `${directory}.${process.pid}`;
  mkdirSync(own, { mode: 0o700 });
  try {
    fill(own);
    renameSync(own, directory);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another process has been faster.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
  }
  return directory;
}
