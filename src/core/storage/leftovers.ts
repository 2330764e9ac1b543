import { dirname, join } from 'node:path';
import { listDirectory, sweepTemporaries } from './atomic-file.js';
import type { Root } from './root.js';

/**
 * Removes the temp files of killed processes from every directory we replace files in, the home of `auth.json`
 * included: they may hold tokens (P10). Returns how many there were.
 */
export function sweepLeftovers(root: Root, authFile: string): number {
  const { paths, processes } = root;
  const projects = listDirectory(paths.projects).map((key) => join(paths.projects, key));
  const directories = [paths.root, paths.kept, dirname(authFile), ...projects];
  return directories.reduce((count, directory) => count + sweepTemporaries(directory, processes).length, 0);
}
