// `npm run mutants`: changes the pure heart of the program in one place at a time and counts how often a test notices.
// One part: `npm run mutants -- --mutate 'src/core/quota/*.ts'`. See docs/decisions/061-how-the-tests-are-run.md.

/** What decides: which copy of a login is newer, what an answer means, who is used next, how healthy, how much is left. */
const heart = [
  'src/core/logins/newest.ts',
  'src/core/oauth/token-verdict.ts',
  'src/core/oauth/token-error.ts',
  'src/core/accounts/lineage.ts',
  'src/core/decision/*.ts',
  'src/core/health/*.ts',
  '!src/core/health/state-store.ts',
  'src/core/quota/*.ts',
];

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutants/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: heart,
  ignorePatterns: ['dist', 'docs', 'bench', 'test/cli', 'test/e2e', 'test/real-client', 'test/other-nodes'],
  tempDirName: 'node_modules/.cache/stryker',
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 1,
  timeoutMS: 30_000,
  thresholds: { high: 95, low: 85, break: 85 },
};
