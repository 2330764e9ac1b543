import packageJson from '../../package.json' with { type: 'json' };
import type { Machine } from '../cli/program/machine.js';
import { systemClock } from '../core/clock.js';
import { AppError } from '../core/errors.js';
import { systemProcesses } from '../core/storage/process-table.js';

/** What a run takes from this process; how it reads, writes and is interrupted, each bundle says for itself. */
export function ownMachine(
  edge: Pick<
    Machine,
    | 'streams'
    | 'signal'
    | 'unfinished'
    | 'launch'
    | 'runBeside'
    | 'jobControl'
    | 'neverAsks'
    | 'expectLongRead'
    | 'indexing'
  >,
): Machine {
  const effectiveUserId = process.geteuid?.();
  return {
    ...edge,
    variables: process.env,
    get cwd() {
      return workingDirectory();
    },
    clock: systemClock,
    processes: systemProcesses,
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    platform: process.platform,
    architecture: process.arch,
    version: packageJson.version,
    program: { node: process.execPath, script: process.argv[1] ?? '' },
  };
}

/** Only the commands that need the directory ask for it: a shell may stand in one that somebody removed. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new AppError('usage', 'the current directory does not exist any more', {
      hint: 'cd to a directory that does',
      cause: error,
    });
  }
}
