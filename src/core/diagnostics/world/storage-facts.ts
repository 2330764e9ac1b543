import * as fs from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.js';
import { scopeKeys } from '../../pools/stored-files.js';
import { listDirectory } from '../../storage/atomic-file.js';
import { backupPaths } from '../../storage/backups.js';
import { lockPath, sightLock } from '../../storage/lock-directory.js';
import type { LockOwner } from '../../storage/lock-owner.js';
import { type RootPaths, scopeFiles } from '../../storage/paths.js';
import type { ProcessTable } from '../../storage/process-table.js';
import type { Root } from '../../storage/root.js';

export interface FileFacts {
  readonly path: string;
  readonly expected: 'file' | 'directory';
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly owner: number;
  readonly links: number;
  readonly size: number;
}

export type LockFacts = {
  readonly name: string;
  readonly owner: LockOwner | undefined;
} & (
  | { readonly state: 'alive' | 'dead' | 'foreign' | 'unknown'; readonly nonce: string }
  /** We cannot read it. A command that needs the lock fails with this problem. */
  | { readonly state: 'unreadable'; readonly problem: AppError }
);

export function factsAbout(path: string, expected: FileFacts['expected']): FileFacts | undefined {
  const stats = statsOf(path);
  if (stats === undefined) return undefined;
  const { mode, uid: owner, nlink: links, size } = stats;
  return {
    path,
    expected,
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    mode: mode & 0o777,
    owner,
    links,
    size,
  };
}

/** Whether something else is there than what should be, such as a directory in the place of a file. */
export function isMisplaced({ expected, isFile, isDirectory }: FileFacts): boolean {
  return expected === 'file' ? !isFile : !isDirectory;
}

function statsOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch {
    // Its directory is closed to us, which the check of that directory reports, or links lead in a circle.
    return undefined;
  }
}

/** What must be readable by its owner only: directories of the root, and files of ours that hold logins or keys. */
export function ownedFiles(paths: RootPaths): FileFacts[] {
  const projects = scopeKeys(paths).flatMap((key) => (key === undefined ? [] : [join(paths.projects, key)]));
  const directories = [paths.root, paths.projects, ...projects, paths.journal, paths.locks, paths.kept, paths.changes];
  const scopes = scopeKeys(paths).flatMap((key) => {
    const { pool, flagged } = scopeFiles(paths, key);
    return [pool, flagged, ...backupPaths(pool), ...backupPaths(flagged)];
  });
  const kept = [paths.kept, paths.changes].flatMap((directory) =>
    listDirectory(directory).map((name) => join(directory, name)),
  );
  const journal = listDirectory(paths.journal).map((name) => join(paths.journal, name));
  const others = [
    paths.accountState,
    paths.quotaHistory,
    paths.loginWrite,
    paths.settings,
    paths.lineageLog,
    paths.share,
    paths.shareKey,
  ];
  return [
    ...directories.flatMap((path) => factsAbout(path, 'directory') ?? []),
    ...[...scopes, ...kept, ...journal, ...others].flatMap((path) => factsAbout(path, 'file') ?? []),
  ];
}

export function heldLocks({ paths, processes }: Root): LockFacts[] {
  const names = listDirectory(paths.locks).flatMap(
    (entry) => /^(?<name>[^.].*)\.held$/.exec(entry)?.groups?.['name'] ?? [],
  );
  return names.flatMap((name) => {
    // `sightLock` removes strange files from a directory without a record, and nothing may be changed here.
    if (!listDirectory(lockPath(paths.locks, name)).some((entry) => entry.startsWith('owner-'))) return [];
    return lockFacts(name, lockPath(paths.locks, name), processes);
  });
}

function lockFacts(name: string, path: string, processes: ProcessTable): LockFacts[] {
  try {
    const sighting = sightLock(path);
    if (sighting.kind === 'free') return [];
    const { nonce, owner } = sighting;
    return [{ name, nonce, owner, state: owner === undefined ? 'unknown' : processes.stateOf(owner) }];
  } catch (error) {
    if (error instanceof AppError) return [{ name, owner: undefined, state: 'unreadable', problem: error }];
    throw error;
  }
}
