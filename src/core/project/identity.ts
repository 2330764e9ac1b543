import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, posix, resolve, sep, win32 } from 'node:path';
import {
  type BrokenRepository,
  findRepository,
  formerWorkTree,
  linkedWorkTrees,
  type Repository,
  repositoryAt,
} from './git.js';
import { attempt } from './git-dir.js';

export interface Project {
  readonly kind: 'project';
  /** What all checkouts of the repository share: the main working tree, else the common git directory. Real path. */
  readonly root: string;
  readonly key: string;
  /** Where Git keeps what all checkouts share. Real path. */
  readonly commonDir: string;
  /** The directory that holds the `.git`; undefined inside a bare repository or a git directory. */
  readonly workTree: string | undefined;
  readonly isLinkedWorktree: boolean;
  /** Where older versions may have kept this project's pool; never contains `root`. */
  readonly legacy: readonly { readonly root: string; readonly key: string }[];
}

export type ProjectResolution =
  | Project
  | BrokenRepository
  | { readonly kind: 'none'; readonly reason: 'no-directory' | 'no-repository' | 'home' };

/**
 * The project of an absolute directory: checkouts belong together exactly as `git rev-parse --git-common-dir` says.
 * Neither `home` nor a directory above it is ever a project, so that a repository of dotfiles does not claim
 * everything. Synchronous, and no git process: it runs at every start.
 */
export function resolveProjectStorageIdentityRoot(cwd: string, { home }: { readonly home: string }): ProjectResolution {
  const start = realDirectory(cwd);
  if (start === undefined) return { kind: 'none', reason: 'no-directory' };
  const isHomeOrAbove = homeBoundary(home);
  if (isHomeOrAbove(start)) return { kind: 'none', reason: 'home' };

  const found = findRepository(start, isHomeOrAbove);
  if (found.kind === 'absent') return { kind: 'none', reason: 'no-repository' };
  if (found.kind === 'broken') return found;
  const { commonDir } = found;
  const root = basename(commonDir) === '.git' ? dirname(commonDir) : commonDir;
  return isHomeOrAbove(root) ? { kind: 'none', reason: 'home' } : describe(found, root);
}

function describe(repository: Repository, root: string): Project {
  let legacy: Project['legacy'] | undefined;
  return {
    kind: 'project',
    root,
    key: projectKey(root),
    commonDir: repository.commonDir,
    workTree: repository.workTree,
    isLinkedWorktree: repository.gitDir !== repository.commonDir,
    // Finding them looks at every worktree, and most people have no such pool: it is done when asked for.
    get legacy() {
      legacy ??= legacyRoots(repository, root).map((each) => ({ root: each, key: projectKey(each) }));
      return legacy;
    },
  };
}

/**
 * Older versions keyed a checkout by its own path, and the worktrees of a hub (`hub/.bare`, `hub/.git` naming it) by
 * the hub. A place counts only if its `.git` leads to this very repository, or if this worktree was moved away from it:
 * what a repository says about other places is no proof, and their pools may be another project's.
 */
function legacyRoots(repository: Repository, root: string): string[] {
  const { workTree, commonDir } = repository;
  const own = [workTree, formerWorkTree(repository)].filter((place) => place !== undefined);
  const roots = new Set([...own, ...linkedWorkTrees(commonDir)]);
  if (root === commonDir) {
    const hub = repositoryAt(dirname(commonDir));
    if (hub.kind === 'found' && hub.workTree !== undefined && hub.commonDir === commonDir) roots.add(hub.workTree);
  }
  roots.delete(root);
  return [...roots];
}

function realDirectory(path: string): string | undefined {
  return attempt(() => {
    const real = realpathSync.native(path);
    return statSync(real).isDirectory() ? real : undefined;
  });
}

/** Compared as real paths. A home that is not absolute, such as an unset one, is no boundary. */
function homeBoundary(home: string): (directory: string) => boolean {
  if (!isAbsolute(home)) return () => false;
  const real = attempt(() => realpathSync.native(home)) ?? resolve(home);
  return (directory) => real === directory || real.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/**
 * The name of a project's directory below `projects/`: a readable part and 12 hex digits of SHA-256 over the absolute
 * `root`. Pools of existing installations are found by it, so it may never change: a run of foreign characters becomes
 * one `-`, and a dash left at the end by the cut at 40 stays. Paths that differ only in case are one on Windows.
 */
export function projectKey(root: string, windows = sep === '\\'): string {
  const path = windows ? root.replaceAll('\\', '/').toLowerCase() : root;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 12);
  return `${readableName((windows ? win32 : posix).basename(path))}-${digest}`;
}

function readableName(basename: string): string {
  const name = basename.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '');
  return name.slice(0, 40) || 'project';
}
