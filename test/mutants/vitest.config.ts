import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { isPartName, parts, partVariable } from './parts.js';

const part = process.env[partVariable] ?? '';
if (!isPartName(part)) throw new Error('npm run mutants starts this');

/** Runs tables before properties: the first test that fails ends the run for a change, and a table takes less time. */
class TablesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isProperty = ({ moduleId }: TestSpecification) => moduleId.includes('/test/property/');
    return files.sort((a, b) => Number(isProperty(a)) - Number(isProperty(b)));
  }
}

/** The tests that say what a part of the pure heart does, which alone have to notice when it does something else. */
export default defineConfig({
  test: {
    include: parts[part].tests.map((pattern) => `test/${pattern}.test.ts`),
    setupFiles: ['test/support/isolate.ts', 'test/mutants/same-values.ts'],
    sequence: { sequencer: TablesFirst },
    // Stryker itself stops a mutant that never ends.
    testTimeout: 300_000,
  },
});
