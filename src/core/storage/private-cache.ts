import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../clock.js';
import { cachePath, poolFileName } from './paths.js';

/*
 * Files in `cache` of the root. They only save time, and nothing is lost with them. Any command makes the one that it
 * misses, and a file counts only if nobody but the person could have written it. `atomic-file.ts` does not write them:
 * a file that a power cut may take needs no sync, and this module is loaded before everything else.
 */

/** Where such files are, and who is asking. */
export interface PrivateCache {
  readonly directory: string;
  readonly userId: number;
}

/** How the names of indexes begin. How many of them stay is counted apart from other files. */
export const indexPrefix = 'index-';

/** Neither follows a link nor waits for a pipe. */
const plainReading = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

const writableByOthers = 0o022;

/** Undefined, so that nothing is cached, where the root is missing or another user's, or the system has no owners. */
export function privateCache(root: string, userId: number | undefined): PrivateCache | undefined {
  if (userId === undefined || !isOwn(fs.statSync(root, { throwIfNoEntry: false }), userId)) return undefined;
  return { directory: cachePath(root), userId };
}

/** Undefined for a file that is missing, unreadable, longer than `mostBytes`, or not the person's own. */
export function readCached(cache: PrivateCache, name: string, mostBytes: number): Buffer | undefined {
  return withCached(cache, name, mostBytes, (descriptor, { size }) => {
    const content = Buffer.allocUnsafe(size);
    return fs.readSync(descriptor, content) === size ? content : undefined;
  });
}

/** As {@link readCached}, with a function that reads the descriptor. Where it throws, the file counts as missing. */
export function withCached<T>(
  { directory, userId }: PrivateCache,
  name: string,
  mostBytes: number,
  read: (descriptor: number, facts: fs.Stats) => T,
): T | undefined {
  let descriptor: number | undefined;
  try {
    const place = fs.lstatSync(directory, { throwIfNoEntry: false });
    if (place?.isDirectory() !== true || !isOwn(place, userId, writableByOthers)) return undefined;
    descriptor = fs.openSync(join(directory, name), plainReading);
    const facts = fs.fstatSync(descriptor);
    if (!facts.isFile() || !isOwn(facts, userId, writableByOthers) || facts.size > mostBytes) return undefined;
    return read(descriptor, facts);
  } catch {
    // The file is missing or cannot be read. The caller then does the work that it would have saved.
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** The file system that the cache is on: its clock, milliseconds since the epoch, and what tells it from others. */
export interface FileSystem {
  readonly now: number;
  readonly device: bigint;
}

type Make = (on: FileSystem) => Buffer | string | undefined;

/**
 * Replaces a file by a rename, and says whether it has. `make` may refuse with undefined. Of the files whose names
 * `isOfKind`, the `mostFiles` newest stay. Silent where nothing can be written: that only costs time.
 */
export function keepCached(
  cache: PrivateCache,
  name: string,
  { mostFiles, isOfKind }: { readonly mostFiles: number; readonly isOfKind: (name: string) => boolean },
  make: Make,
): boolean {
  try {
    prepare(cache);
    const isKept = replace(cache, name, make);
    if (isKept) removeOldest(cache, mostFiles, isOfKind);
    return isKept;
  } catch {
    // The disk is full or read-only, or the directory is another user's.
    return false;
  }
}

/** Whether it belongs to the person, and grants none of the rights in `others`. */
function isOwn(facts: fs.Stats | undefined, userId: number, others = 0): boolean {
  return facts !== undefined && facts.uid === userId && (facts.mode & others) === 0;
}

/** Whether the root holds accounts. A directory that was only named as the root gets no cache. */
function hasAccounts(root: string): boolean {
  return [poolFileName, 'account-state.json', 'lineage.ndjson'].some((name) => fs.existsSync(join(root, name)));
}

function prepare({ directory, userId }: PrivateCache): void {
  if (!hasAccounts(dirname(directory))) throw new Error(`there is nothing of ours beside ${directory}`);
  if (!fs.existsSync(directory)) fs.mkdirSync(directory, { mode: 0o700 });
  const place = fs.lstatSync(directory);
  if (!place.isDirectory() || !isOwn(place, userId)) throw new Error(`${directory} is not a directory of this user`);
  if ((place.mode & 0o777) !== 0o700) fs.chmodSync(directory, 0o700);
}

function replace({ directory }: PrivateCache, name: string, make: Make): boolean {
  const path = join(directory, name);
  // Where two processes choose the same name, the second fails to open it and keeps nothing.
  const temporary = `${path}.${systemClock.now()}`;
  const descriptor = fs.openSync(temporary, 'wx', 0o600);
  let isKept = false;
  try {
    const { mtimeMs, dev } = fs.fstatSync(descriptor, { bigint: true });
    const content = make({ now: Number(mtimeMs), device: dev });
    if (content === undefined) return false;
    fs.writeFileSync(descriptor, content);
    fs.renameSync(temporary, path);
    isKept = true;
    return true;
  } finally {
    if (!isKept) fs.rmSync(temporary, { force: true });
    fs.closeSync(descriptor);
  }
}

/** Removes what older versions and other Nodes used, and what was left by a run that was killed while it wrote. */
function removeOldest({ directory }: PrivateCache, mostFiles: number, isOfKind: (name: string) => boolean): void {
  const files = fs
    .readdirSync(directory)
    .filter(isOfKind)
    .map((name) => ({ path: join(directory, name), at: 0 }));
  for (const file of files) file.at = fs.lstatSync(file.path).mtimeMs;
  for (const { path } of files.sort((a, b) => b.at - a.at).slice(mostFiles)) fs.rmSync(path, { force: true });
}
