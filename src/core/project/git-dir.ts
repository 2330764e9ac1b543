import { accessSync, constants, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { readNow } from '../storage/regular-file.js';

/** A directory that Git accepts as a repository's own. Both paths are real paths. */
export interface GitDir {
  readonly gitDir: string;
  /** Where objects and refs live: the same directory, or the main repository's for a linked worktree. */
  readonly commonDir: string;
}

/** `is_git_directory()` of Git's setup.c: the same tests in the same order. Undefined where Git says no. */
export function openGitDir(path: string): GitDir | undefined {
  if (!hasValidHead(path)) return undefined;
  return attempt(() => {
    const commonDir = resolveCommonDir(path);
    accessSync(`${commonDir}/objects`, constants.X_OK);
    accessSync(`${commonDir}/refs`, constants.X_OK);
    return { gitDir: realpathSync.native(path), commonDir: realpathSync.native(commonDir) };
  });
}

/**
 * `path` seen from `directory`. Not `path.resolve`: that removes `x/..` from the text, while Git and the kernel follow
 * `x` first, which is another place when `x` is a symlink.
 */
export function seenFrom(directory: string, path: string): string {
  return isAbsolute(path) ? path : `${directory}/${path}`;
}

/** The result of `read`, or undefined: to Git whatever cannot be looked at is no repository, whatever the error. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // The reason does not matter: see above.
    return undefined;
  }
}

/** `validate_headref()`: a symbolic ref below refs/, as a file or as an old-style symlink, or an object id. */
function hasValidHead(gitDir: string): boolean {
  const path = `${gitDir}/HEAD`;
  const head = attempt(() => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) return `ref: ${readlinkSync(path)}`;
    return stats?.isFile() ? readGitFile(path) : undefined;
  });
  return head !== undefined && /^ref:\s*refs\/|^[0-9a-fA-F]{40}/.test(head);
}

/** gitrepository-layout(5): a relative `commondir` counts from the git directory that holds it. */
function resolveCommonDir(gitDir: string): string {
  const path = `${gitDir}/commondir`;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return gitDir;
  const named = withoutLineEnd(readGitFile(path));
  if (named === '') throw new Error('empty commondir');
  return seenFrom(gitDir, named);
}

/** Git's own limit for a `.git` file. */
export const largestGitFileBytes = 1 << 20;

/** One of the small files that lead from one directory of Git to another. */
export function readGitFile(path: string): string {
  return readNow(path, largestGitFileBytes).toString('utf8');
}

/** Git strips every CR and LF at the end and nothing else: a path may end in a space. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}
