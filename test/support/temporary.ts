import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { systemErrorCode } from '../../src/core/errors.js';
import { placeInMemory } from './place-in-memory.js';

/**
 * A directory of its own for the running test. What the test started in it later is ended before it is removed: the last
 * that was asked for at a test's end comes first, and every `afterEach` comes before all of it.
 */
export function temporaryDirectory(place = tmpdir()): string {
  const path = mkdtempSync(join(realpathSync(place), 'codex-auth-test-'));
  onTestFinished(() => remove(path));
  return path;
}

/** The same in memory, for tests that write so much that a disk would take most of their time. */
export function directoryInMemory(): string {
  return temporaryDirectory(placeInMemory());
}

/** Again and again for a moment: a process that is ending may still write a file, and `maxRetries` does not see new ones. */
async function remove(path: string): Promise<void> {
  for (let again = 20; ; again -= 1) {
    try {
      return rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (again === 0 || systemErrorCode(error) !== 'ENOTEMPTY') throw error;
      await systemClock.sleep(100);
    }
  }
}
