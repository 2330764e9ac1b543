import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemErrorCode } from '../errors.js';
import {
  attempt,
  type GitDir,
  largestGitFileBytes,
  openGitDir,
  readGitFile,
  seenFrom,
  withoutLineEnd,
} from './git-dir.js';

export interface Repository extends GitDir {
  readonly kind: 'found';
  /** The directory that holds the `.git`; undefined inside a bare repository or a git directory. */
  readonly workTree: string | undefined;
}

/** A `.git` file at which Git stops with an error instead of looking further up. */
export interface BrokenRepository {
  readonly kind: 'broken';
  readonly gitPath: string;
  /** What is wrong, as a clause about `gitPath` ("it names …"); safe to print. */
  readonly reason: string;
}

export type RepositorySearch = Repository | BrokenRepository | { readonly kind: 'absent' };

/**
 * The repository that Git would use in `start` (a real path): the walk of `setup_git_directory_gently_1()` in Git's
 * setup.c, without its environment variables, ownership check and file system boundary. `isBoundary` directories and
 * what lies above them are not looked at.
 */
export function findRepository(start: string, isBoundary: (directory: string) => boolean): RepositorySearch {
  for (let directory = start; !isBoundary(directory); directory = dirname(directory)) {
    const found = repositoryAt(directory);
    if (found.kind !== 'absent') return found;
    if (dirname(directory) === directory) break;
  }
  return { kind: 'absent' };
}

/** One step of the walk: `.git` as a file, then as a directory, then the directory itself as a bare repository. */
export function repositoryAt(directory: string): RepositorySearch {
  const gitPath = join(directory, '.git');
  const entry = attempt(() => statSync(gitPath, { throwIfNoEntry: false }));
  if (entry?.isFile()) return followGitFile(directory, gitPath, entry);
  const own = entry?.isDirectory() ? openGitDir(gitPath) : undefined;
  if (own !== undefined) return { kind: 'found', workTree: directory, ...own };
  const bare = openGitDir(directory);
  return bare === undefined ? { kind: 'absent' } : { kind: 'found', workTree: undefined, ...bare };
}

/** Whether the repository of a linked worktree knows it here. A worktree moved with mv works, but is unknown. */
export function pointsBack({ gitDir, workTree }: Repository): boolean {
  if (workTree === undefined) return true;
  const back = attempt(() => realpathSync.native(backPointer(gitDir)));
  return back === join(workTree, '.git');
}

/** Where a linked worktree was before it was moved with mv, if nothing is there now. */
export function formerWorkTree({ gitDir, commonDir }: Repository): string | undefined {
  if (gitDir === commonDir) return undefined;
  const back = attempt(() => resolve(backPointer(gitDir)));
  const isGone = back !== undefined && lstatSync(dirname(back), { throwIfNoEntry: false }) === undefined;
  return isGone ? dirname(back) : undefined;
}

/** The linked worktrees of a repository that still lead to it. */
export function linkedWorkTrees(commonDir: string): string[] {
  const administered = join(commonDir, 'worktrees');
  const names = attempt(() => readdirSync(administered)) ?? [];
  return names.sort().flatMap((name) => {
    const place = attempt(() => dirname(realpathSync.native(backPointer(join(administered, name)))));
    const found = place === undefined ? undefined : repositoryAt(place);
    return found?.kind === 'found' && found.commonDir === commonDir ? (found.workTree ?? []) : [];
  });
}

/** gitrepository-layout(5): the `.git` file that leads to this git directory, or did when git last looked. */
function backPointer(gitDir: string): string {
  return seenFrom(gitDir, withoutLineEnd(readGitFile(join(gitDir, 'gitdir'))));
}

/** `read_gitfile_gently()` in Git's setup.c, its 1 MiB limit included. */
function followGitFile(workTree: string, gitPath: string, entry: Stats): Repository | BrokenRepository {
  const broken = (reason: string): BrokenRepository => ({ kind: 'broken', gitPath, reason });
  if (entry.size > largestGitFileBytes) return broken('it is larger than 1 MiB');
  let content: string;
  try {
    content = readGitFile(gitPath);
  } catch (error) {
    return broken(`it cannot be read (${systemErrorCode(error) ?? 'unknown error'})`);
  }
  if (!content.startsWith('gitdir: ')) return broken('it is a file that does not begin with "gitdir: "');
  const named = withoutLineEnd(content.slice('gitdir: '.length));
  if (named === '') return broken('it names no git directory');
  const target = openGitDir(seenFrom(workTree, named));
  if (target === undefined) return broken(`it names ${printable(named)}, which is missing or not a git directory`);
  return { kind: 'found', workTree, ...target };
}

/** The text comes from a file that anybody may have written: nothing in it may steer the terminal. */
function printable(text: string): string {
  return `"${text.slice(0, 200).replace(/\p{C}/gu, '?')}"`;
}
