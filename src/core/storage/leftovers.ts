import { basename, dirname, join } from 'node:path';
import { listDirectory, resolveTarget } from './atomic-file.js';
import { scopeFiles } from './paths.js';
import type { Root } from './root.js';
import { abandonedTemporaries, type Sweep, sweepTemporaries } from './temporary-files.js';

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
    return resolveTarget(path);
  } catch {
    // A link that cannot be followed: whoever reads the file will meet the error.
    return path;
  }
}
