import * as fs from 'node:fs';
import { join, sep } from 'node:path';
import { listDirectory, writeError } from './atomic-file.js';
import { type RootPaths, scopeFiles } from './paths.js';

/** The files this program has put below its root, by what they are worth. Only what exists, and nothing of others. */
export interface Traces {
  /** What comes back by itself. */
  readonly caches: readonly string[];
  /** The logins, what protects them and what was chosen for them. */
  readonly accounts: readonly string[];
}

export function tracesIn(paths: RootPaths): Traces {
  const pools = [undefined, ...listDirectory(paths.projects)].flatMap((key) => Object.values(scopeFiles(paths, key)));
  const whole = [paths.journal, paths.kept].filter(isOwnDirectory);
  return {
    caches: [...withCopies(paths.accountState), paths.quotaHistory, ...[paths.locks].filter(isOwnDirectory)].filter(
      exists,
    ),
    accounts: [...[...pools, paths.settings, paths.lineageLog].flatMap(withCopies), ...whole].filter(exists),
  };
}

function withCopies(path: string): string[] {
  return ['', '.bak', '.bak.1', '.bak.2', '.pre-v3.bak'].map((suffix) => path + suffix);
}

/** The files below the root that are none of these, nor in one of these directories. */
export function filesBesides(paths: RootPaths, ours: readonly string[]): string[] {
  if (!isOwnDirectory(paths.root)) return [];
  const entries = fs.readdirSync(paths.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => !ours.some((own) => path === own || path.startsWith(own + sep)));
}

/** Also of a link whose target is gone. */
function exists(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A linked one may be shared with others, and is left to the person. */
function isOwnDirectory(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Removes traces, a linked file together with its target, and then the directories that are empty by that. Throws
 * `storage-write-failed`; the next run goes on where this one ended.
 */
export function removeTraces(paths: RootPaths, traces: readonly string[]): void {
  for (const path of traces) {
    try {
      if (!isOwnDirectory(path) && fs.existsSync(path)) fs.rmSync(fs.realpathSync(path), { force: true });
      fs.rmSync(path, { recursive: true, force: true });
    } catch (error) {
      throw writeError(path, error);
    }
  }
  const projects = listDirectory(paths.projects).map((key) => join(paths.projects, key));
  for (const directory of [...projects, paths.projects, paths.root]) removeEmptyDirectory(directory);
}

export function removeEmptyDirectory(path: string): void {
  if (!isOwnDirectory(path)) return;
  try {
    fs.rmdirSync(path);
  } catch {
    // Not empty: what is in it is in use, or is not ours.
  }
}
