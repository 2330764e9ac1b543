// How Stryker runs for `npm run mutants`; what it changes is in run.ts.

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutants/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  ignorePatterns: ['dist', 'docs', 'bench', 'test/cli', 'test/e2e'],
  tempDirName: 'node_modules/.cache/stryker',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  jsonReporter: { fileName: 'node_modules/.cache/mutants.json' },
  concurrency: 1,
  timeoutMS: 30_000,
  // The warning is about constants of a module, which are changed for all tests at once. That takes seconds here.
  warnings: { slow: false },
};
