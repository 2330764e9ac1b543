import { defineConfig } from 'vitest/config';

/** The tests that say what the pure heart does, which alone have to notice when it does something else. */
export default defineConfig({
  test: {
    include: [
      'test/property/{decision,health,lineage,newest,merging-copies,oauth-answers,usage-payload}.test.ts',
      'test/unit/{accounts,decision,health,quota}/*.test.ts',
      'test/unit/logins/{newest,rotation}.test.ts',
      'test/unit/oauth/token-verdict.test.ts',
    ],
    setupFiles: ['test/support/isolate.ts'],
    // A mutant that never ends is Stryker's to stop.
    testTimeout: 300_000,
  },
});
