import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { project } from './program.js';

/**
 * The files that take longest to run: they come first, so that no core is idle at the end while another one has half a
 * minute to go.
 */
const longest =
  /(kill-points|schedules|run-passes|codex-run|install|canary|refresh-processes|other-nodes|closed-places|server-stops|guard-month|hints)[a-z-]*\.test\.ts$/;

/**
 * The files of one tier after those of another, because a process of the tests takes the files of one tier only; within
 * each the long ones first, then the larger ones, whether or not an earlier run has left its times.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    return bySize.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId, project: { name } }: TestSpecification): number {
  return (name === 'e2e' ? 0 : 2) + (longest.test(relative(project, moduleId)) ? 0 : 1);
}
