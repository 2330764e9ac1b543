import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FlaggedPool, Pool } from '../accounts/pool.js';
import { AppError } from '../errors.js';
import { listDirectory, type PresentVersion, readVersion, versionOf } from '../storage/atomic-file.js';
import { backupPaths } from '../storage/backups.js';
import { parseJson } from '../storage/json-file.js';
import { record } from '../storage/tolerant.js';
import { flaggedIn, poolIn } from './scope-files.js';

export type FilePart = 'pool' | 'flagged';

/** One whole earlier state of a pool or flagged file, in a file beside it. */
export interface FileCopy<P extends Pool | FlaggedPool = Pool | FlaggedPool> {
  readonly path: string;
  readonly content: P;
  readonly writtenAt: number;
  /** Not one of our backups: another tool of this family left it, and it is left alone. */
  readonly isForeign: boolean;
}

/** The good copies of a file: our backups, newest first, then what other tools left, newest first. Changes nothing. */
export function fileCopies(path: string, part: FilePart): FileCopy[] {
  return part === 'pool' ? poolCopies(path) : flaggedCopies(path);
}

export function poolCopies(path: string): FileCopy<Pool>[] {
  return copiesBeside(path, (each, version) => poolIn(each, version).value);
}

export function flaggedCopies(path: string): FileCopy<FlaggedPool>[] {
  return copiesBeside(path, (each, version) => flaggedIn(each, version).value);
}

/**
 * The copies from which a damaged file comes back, newest first. Of the copies of other tools only the newest counts,
 * and only while no backup of ours is newer: an old copy may hold what the person has removed since. Pure.
 */
export function copiesToRecover<P extends Pool | FlaggedPool>(copies: readonly FileCopy<P>[]): FileCopy<P>[] {
  const own = copies.filter(({ isForeign }) => !isForeign);
  const [best] = copies.filter(({ isForeign, content }) => isForeign && content.accounts.length > 0);
  const isNewest = best !== undefined && own.every(({ writtenAt }) => writtenAt < best.writtenAt);
  return isNewest ? [best, ...own] : own;
}

/** Whether another tool was told to forget all accounts: it deletes the file and leaves one named `.reset-intent`. */
export function wasReset(path: string): boolean {
  return listDirectory(dirname(path)).includes(`${basename(path)}.reset-intent`);
}

/** `.wal`, `.<time>.<random>.tmp`, `.bak.3` and whatever else is named after the file. */
function foreignPaths(path: string): string[] {
  const own = backupPaths(path);
  return listDirectory(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.`))
    .map((name) => join(dirname(path), name))
    .filter((each) => !own.includes(each));
}

type Decode<P> = (path: string, version: PresentVersion) => P;

function copiesBeside<P extends Pool | FlaggedPool>(path: string, decode: Decode<P>): FileCopy<P>[] {
  const own = backupPaths(path).flatMap((each) => readCopy(each, decode));
  const foreign = foreignPaths(path).flatMap((each) =>
    readCopy(each, (of, { content }) => decode(of, unwrapped(of, content))),
  );
  return [
    ...own.map((copy) => ({ ...copy, isForeign: false })),
    ...foreign.sort((a, b) => b.writtenAt - a.writtenAt).map((copy) => ({ ...copy, isForeign: true })),
  ];
}

/** An empty list where the file is no whole copy, or may not be read: the other copies remain. */
function readCopy<P>(path: string, decode: Decode<P>): { path: string; content: P; writtenAt: number }[] {
  try {
    const version = readVersion(path);
    const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (version.kind === 'absent' || writtenAt === undefined) return [];
    return [{ path, content: decode(path, version), writtenAt }];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/**
 * Other tools of this family write `{version: 1, createdAt, path, checksum, content}` ahead of the file itself; the
 * checksum is the SHA-256 of the content. Anything else is taken as it is.
 */
function unwrapped(path: string, text: string): PresentVersion {
  const entry = record.safeParse(parseJson(path, text));
  const { content, checksum } = entry.success ? entry.data : {};
  if (typeof content !== 'string' || typeof checksum !== 'string') return versionOf(text);
  if (createHash('sha256').update(content).digest('hex') === checksum) return versionOf(content);
  throw new AppError('storage-corrupt', `${path} is damaged: its checksum is another one`, { details: { path } });
}
