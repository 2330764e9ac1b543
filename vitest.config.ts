import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { placeForAll } from './test/support/place-in-memory.js';
import { LongFirst } from './test/support/runner/long-first.js';

const setupFiles = ['test/support/isolate.ts', 'test/support/end-built.ts'];

/**
 * The tests that run inside of vitest, and the programs that they start, live so far ahead of the machine. A test that
 * mixes a fixed time with the real one passes only near the day on which it was written; twenty years away it fails at
 * once, in every run and at no cost, whichever file it is in. The same holds for a token or a window that ends in some
 * year to come. Whole days, so that the time of day is the real one.
 */
const twentyYearsMs = 20 * 365.25 * 86_400_000;

export default defineConfig({
  test: {
    // One more than there are cores: many tests wait for a disk, or for a moment that has to pass.
    maxWorkers: availableParallelism() + 1,
    // These deadlines prove nothing: they end a test that hangs, and are long enough for a machine that is busy.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default'],
    globalSetup: ['test/support/runner/made-once.ts'],
    sequence: { sequencer: LongFirst },
    // One process for many files, which load the program once: none of them leaves anything in a module, in the
    // environment or at the process (docs/decisions/061-how-the-tests-are-run.md).
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'in-process',
          include: ['test/{unit,cli,property}/**/*.test.ts'],
          setupFiles: [...setupFiles, 'test/support/shift-date.mjs', 'test/support/without-sync.mjs'],
          // Temporary files are in memory where they can be: none of them has to survive the machine.
          env: { DATE_SHIFT_MS: String(twentyYearsMs), TMPDIR: placeForAll() },
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], setupFiles } },
    ],
  },
});
