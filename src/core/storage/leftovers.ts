import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listDirectory, resolveTarget } from './atomic-file.js';
import { scopeFiles } from './paths.js';
import type { ProcessTable } from './process-table.js';
import { placeOf } from './process-table.js';
import type { Root } from './root.js';

/** The temp files of killed processes wherever we replace files. Changes nothing. */
export function findLeftovers(root: Root, authFile: string): string[] {
  const found = placesToSweep(root, authFile).flatMap(({ directory, sweep }) =>
    abandonedTemporaries(directory, root.processes, sweep).map((name) => join(directory, name)),
  );
  return [...new Set(found)];
}

/** Removes {@link findLeftovers}: they may hold tokens (P10). Returns how many there were. */
export function sweepLeftovers(root: Root, authFile: string): number {
  const swept = placesToSweep(root, authFile).flatMap(({ directory, sweep }) =>
    sweepTemporaries(directory, root.processes, sweep),
  );
  return swept.length;
}

/** Our own directories, and where `auth.json` and linked pools really are: there only what we left beside that file. */
function placesToSweep({ paths, clock }: Root, authFile: string): { directory: string; sweep: Sweep }[] {
  const now = clock.now();
  const keys = [undefined, ...listDirectory(paths.projects)];
  const files = keys.flatMap((key) => Object.values(scopeFiles(paths, key)));
  const directories = [
    paths.root,
    paths.kept,
    paths.changes,
    paths.bin,
    ...keys.flatMap((key) => (key ? [join(paths.projects, key)] : [])),
  ];
  const linked = [authFile, ...files].map(targetOf).filter((target) => !directories.includes(dirname(target)));
  return [
    ...directories.map((directory) => ({ directory, sweep: { now } })),
    ...linked.map((path) => ({ directory: dirname(path), sweep: { now, file: basename(path) } })),
  ];
}

function targetOf(path: string): string {
  try {
    // Only links are resolved: resolving looks at every directory on the way, and every command would do that.
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? resolveTarget(path) : path;
  } catch {
    // The link cannot be followed. Reading the file reports the error.
    return path;
  }
}

/** The names that `temporaryName` in `atomic-file.ts` makes; those of older versions hold no place. */
const temporaryPattern = /^\.(?<file>.+)\.(?<pid>\d+)-(?<start>[^-]+)-(?:(?<place>[0-9a-f]{8})-)?[0-9a-f]+\.tmp$/;

interface Sweep {
  /** Where given, only the temp files of this file are swept: for a directory that is not ours. */
  readonly file?: string;
  /** Wall clock, to tell when a process that cannot be judged from here must have ended. */
  readonly now?: number;
}

/**
 * Removes the temp files that killed processes left in a directory: they may hold tokens. The one write a reading
 * command may do. Returns the names removed.
 */
export function sweepTemporaries(directory: string, processes: ProcessTable, sweep: Sweep = {}): string[] {
  return abandonedTemporaries(directory, processes, sweep).filter((name) => {
    try {
      fs.rmSync(join(directory, name), { force: true });
      return true;
    } catch {
      // The directory is another user's, or the disk read-only: `doctor` reports what stays behind.
      return false;
    }
  });
}

/** The names of the temp files in a directory whose process is gone. */
function abandonedTemporaries(directory: string, processes: ProcessTable, { file, now }: Sweep = {}): string[] {
  return listDirectory(directory).filter((name) => {
    const parts = temporaryPattern.exec(name)?.groups;
    if (parts === undefined || (file !== undefined && parts['file'] !== file)) return false;
    const path = join(directory, name);
    // A directory or a link of such a name was not made by this program.
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && !mayBeInUse(path, parts, processes, now);
  });
}

const foreignLifeMs = 3_600_000;

/**
 * A process of another container or host cannot be asked, but its temp file lives for milliseconds, not for an hour.
 */
function mayBeInUse(
  path: string,
  { pid, start, place }: Record<string, string | undefined>,
  processes: ProcessTable,
  now: number | undefined,
): boolean {
  if (place !== undefined && place !== placeOf(processes)) {
    const madeAt = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return now === undefined || madeAt === undefined || now - madeAt < foreignLifeMs;
  }
  const startedAt = start === '0' ? undefined : start;
  return processes.stateOf({ ...processes.self, startedAt, pid: Number(pid) }) === 'alive';
}
