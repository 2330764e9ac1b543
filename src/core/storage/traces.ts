import * as fs from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { AppError } from '../errors.js';
import { listDirectory, resolveTarget } from './atomic-file.js';
import { writeError } from './file-errors.js';
import { isKeptName } from './kept.js';
import { isLockEntry } from './lock-leftovers.js';
import { type RootPaths, scopeFiles } from './paths.js';
import { whyNoFile } from './regular-file.js';

/** The files this program has put below its root, by what they are worth. Only what exists, and nothing of others. */
export interface Traces {
  /** What the program makes again by itself. */
  readonly caches: readonly string[];
  /** The logins, what protects them and what was chosen for them. */
  readonly accounts: readonly string[];
}

export function tracesIn(paths: RootPaths): Traces {
  const pools = [undefined, ...listDirectory(paths.projects)].flatMap((key) => Object.values(scopeFiles(paths, key)));
  return {
    caches: [
      ...[
        ...withCopies(paths.accountState),
        paths.quotaHistory,
        paths.events,
        paths.eventMemory,
        paths.guardLog,
      ].filter(isFileOrLink),
      ...[paths.locks, paths.cache].flatMap((directory) => tracesBelow(paths, directory)),
    ],
    accounts: [
      ...[
        ...pools,
        paths.homes,
        paths.bindings,
        paths.loginWrite,
        paths.redemptions,
        paths.settings,
        paths.lineageLog,
        paths.share,
        paths.shareKey,
      ]
        .flatMap(withCopies)
        .filter(isFileOrLink),
      ...[paths.journal, paths.kept, paths.changes].flatMap((directory) => tracesBelow(paths, directory)),
    ],
  };
}

function withCopies(path: string): string[] {
  return ['', '.bak', '.bak.1', '.bak.2', '.pre-v3.bak'].map((suffix) => path + suffix);
}

/**
 * The directory itself where all in it is ours, else only what is ours. A linked one may be shared, and is left alone.
 */
function tracesBelow(paths: RootPaths, directory: string): string[] {
  if (!isOwnDirectory(directory)) return [];
  const inside = tracesInside(paths, directory);
  return inside.length === listDirectory(directory).length ? [directory] : inside;
}

/** Whether everything in a directory is ours. True for anything but a directory. */
export function holdsOnlyTraces(paths: RootPaths, path: string): boolean {
  if (!isOwnDirectory(path)) return true;
  const inside = listDirectory(path).map((name) => join(path, name));
  // Another process of ours may take a lock there, or let one go, while we look.
  return inside.every((each) => isTrace(paths, each) || fs.lstatSync(each, { throwIfNoEntry: false }) === undefined);
}

function tracesInside(paths: RootPaths, directory: string): string[] {
  return listDirectory(directory)
    .map((name) => join(directory, name))
    .filter((path) => isTrace(paths, path));
}

/** Whether name and kind say that it is ours: the person may have put anything into these directories. */
function isTrace(paths: RootPaths, path: string): boolean {
  switch (dirname(path)) {
    case paths.journal:
      return isJournalEntryName(basename(path)) && isFileOrLink(path);
    case paths.cache:
      return isCacheName(basename(path)) && isFileOrLink(path);
    case paths.kept:
    case paths.changes:
      return isKeptName(basename(path)) && isFileOrLink(path);
    default:
      return isLockEntry(path);
  }
}

/** As `logins/journal.ts` names them; older versions did not name the token. */
function isJournalEntryName(name: string): boolean {
  return /^\d+-([0-9a-f]{16}-)?[0-9a-f]{12}(\.left)?\.json$/.test(name);
}

/** As `logins/roster-index.ts`, `process/code-cache.ts` (by bundle and command) and older versions name them. */
function isCacheName(name: string): boolean {
  const kinds = /^(index|(show|run|tree|quick|brief|cli)-[a-z_-]+|list|status|complete|completion)-/;
  return kinds.test(name) && /-[0-9a-z]+(\.\d+(-\d+)?)?$/.test(name);
}

/** The files below the root that neither are one of `ours` nor stand in a directory of `ours`. */
export function filesBesides(paths: RootPaths, ours: readonly string[]): string[] {
  if (!isOwnDirectory(paths.root)) return [];
  const entries = fs.readdirSync(paths.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => !ours.some((own) => path === own || path.startsWith(own + sep)));
}

/** Also true for a link whose target is gone. Anything else under one of our names is not ours. */
function isFileOrLink(path: string): boolean {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true || stats?.isSymbolicLink() === true;
}

function isOwnDirectory(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Removes traces, a linked file together with its target, and then the directories that are empty. Throws
 * `storage-write-failed`; the next run goes on where this one ended.
 */
export function removeTraces(paths: RootPaths, traces: readonly string[]): void {
  const ownDirectories = [paths.journal, paths.kept, paths.changes, paths.locks, paths.cache];
  for (const path of traces) {
    // A directory is looked at again: since it was found to hold only our files, others may have come into it.
    for (const each of ownDirectories.includes(path) ? tracesInside(paths, path) : [path]) removeTrace(each);
  }
  const projects = listDirectory(paths.projects).map((key) => join(paths.projects, key));
  for (const directory of [...ownDirectories, ...projects, paths.projects, paths.root]) removeEmptyDirectory(directory);
}

/** Where a link leads to a device, a pipe or a directory only the link goes: the target was never ours. */
function removeTrace(path: string): void {
  try {
    const target = resolveTarget(path);
    if (target !== path && whyNoFile(target) === undefined) fs.rmSync(target, { force: true });
    fs.rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw error instanceof AppError ? error : writeError(path, error);
  }
}

export function removeEmptyDirectory(path: string): void {
  if (!isOwnDirectory(path)) return;
  try {
    fs.rmdirSync(path);
  } catch {
    // It is not empty: what is in it is in use, or is not ours.
  }
}
