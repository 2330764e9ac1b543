import { existsSync, lstatSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type FileVersion, readDirectory, readVersion } from '../storage/atomic-file.js';
import { backupPaths } from '../storage/backups.js';
import { writeError } from '../storage/file-errors.js';
import type { FileReader } from '../storage/file-memory.js';
import { corrupt, parseJson } from '../storage/json-file.js';
import { type RootPaths, type ScopeFiles, scopeFiles } from '../storage/paths.js';
import { resolveMoves, resolveScopeMoves } from './moves.js';
import { type Decoded, decodeFlagged, decodePool } from './pool-codec.js';
import { hasFiles, type ScopeRecords } from './scope-records.js';

/** Reads one scope without a lock. Throws an error that names the file unless both files are absent or good (P11). */
export function readScope(paths: RootPaths, key: string | undefined, read: FileReader = readVersion): ScopeRecords {
  const files = scopeFiles(paths, key);
  const poolVersion = read(files.pool);
  const flaggedVersion = read(files.flagged);
  const pool = poolIn(files.pool, poolVersion);
  const flagged = flaggedIn(files.flagged, flaggedVersion);
  const stored = { pool: pool.value, flagged: flagged.value };
  const resolved = resolveMoves(stored.pool, stored.flagged);
  return definedOnly({
    key,
    files,
    pool: resolved.pool,
    flagged: resolved.flagged,
    poolVersion,
    flaggedVersion,
    migratedFrom: pool.migratedFrom,
    unsettled: resolved.isUnsettled ? stored : undefined,
  });
}

/**
 * Every scope that has files below this root; the global one first, and always. An account that a move left in two
 * scopes is in one of them here. Throws as {@link readScope} does, for the first scope that cannot be read.
 */
export function readAllScopes(paths: RootPaths, read: FileReader = readVersion): readonly ScopeRecords[] {
  const projects = projectKeys(paths).map((key) => readScope(paths, key, read));
  return resolveScopeMoves([readScope(paths, undefined, read), ...projects.filter(hasFiles)]);
}

/** The size in bytes of the pools that are read for this scope; a pool whose size cannot be told counts as empty. */
export function poolBytes(paths: RootPaths, key: string | undefined): number {
  const pools = [undefined, ...(key === undefined ? [] : [key])].map((each) => scopeFiles(paths, each).pool);
  return pools.reduce((sum, path) => sum + sizeOf(path), 0);
}

function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // Reading the pool fails in the same way, and reports the error.
    return 0;
  }
}

export interface ScopeAmongOthers {
  readonly own: ScopeRecords;
  /** The other scopes that have files and can be read. */
  readonly others: readonly ScopeRecords[];
  /** What is wrong with the other scopes that cannot be read. */
  readonly problems: readonly AppError[];
}

/** One scope with the others beside it, for commands that only show: damage in another scope must not hide this one. */
export function readScopeAmongOthers(paths: RootPaths, key: string | undefined): ScopeAmongOthers {
  const problems: AppError[] = [];
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push(error);
      return otherwise;
    }
  };
  const own = readScope(paths, key);
  const keys = [undefined, ...attempt(() => projectKeys(paths), [])].filter((each) => each !== key);
  const others = keys.flatMap((each) => attempt(() => [readScope(paths, each)], []));
  const [settled = own, ...settledOthers] = resolveScopeMoves([own, ...others.filter(hasFiles)]);
  return { own: settled, others: settledOthers, problems };
}

function projectKeys(paths: RootPaths): string[] {
  return readDirectory(paths.projects)
    .filter((name) => isDirectory(join(paths.projects, name)))
    .sort();
}

/** False for a file that a file manager leaves beside the projects. What cannot be looked at counts as a directory. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Reading the scope fails in the same way, and reports the error.
    return true;
  }
}

/** The flagged file and the pool go last: as long as one of them is there, the scope is found again. */
export function removeScopeFiles({ pool, flagged }: ScopeFiles): void {
  const paths = [...backupPaths(pool), ...backupPaths(flagged), flagged, pool];
  try {
    for (const path of paths) rmSync(path, { force: true });
  } catch (error) {
    throw writeError(pool, error);
  }
  try {
    rmdirSync(dirname(pool));
  } catch {
    // Something else is in it, which is not ours to remove; without its files the directory is no scope any more.
  }
}

/** The decoded pool of each version of a file, kept for as long as the version itself is in use. */
const decodedPools = new WeakMap<FileVersion, DecodedPool>();

interface DecodedPool {
  readonly value: Pool;
  readonly migratedFrom?: number;
}

/** The pool in one version of a file, the present one or a backup. Throws the error that names `path`. */
export function poolIn(path: string, version: FileVersion): DecodedPool {
  const known = decodedPools.get(version);
  if (known !== undefined) return known;
  const decoded = decodeFile(path, version, decodePool, emptyPool);
  decodedPools.set(version, decoded);
  return decoded;
}

export function flaggedIn(path: string, version: FileVersion): { value: FlaggedPool } {
  return decodeFile(path, version, decodeFlagged, emptyFlaggedPool);
}

function decodeFile<T>(
  path: string,
  version: FileVersion,
  decode: (json: unknown) => Decoded<T>,
  empty: T,
): { value: T; migratedFrom?: number } {
  if (version.kind === 'absent') {
    if (isDanglingLink(path)) throw dangling(path);
    return { value: empty };
  }
  if (!version.isText) throw corrupt(path, 'it is not UTF-8 text');
  const decoded = decode(parseJson(path, version.content));
  switch (decoded.kind) {
    case 'ok':
      return decoded;
    case 'newer-version':
      throw new AppError('storage-newer-version', `${path} has version ${decoded.version}, newer than this program`, {
        hint: 'update codex-auth; the file is untouched',
        details: { path, version: decoded.version },
      });
    case 'malformed':
      throw corrupt(path, decoded.reason);
  }
}

/** A disk that is not mounted must not look like an empty pool. */
function dangling(path: string): AppError {
  return new AppError('storage-unreadable', `cannot read ${path}: it is a link to a file that does not exist`, {
    hint: 'mount its disk, or remove the link; nothing was changed',
    details: { path },
  });
}

/** Whether something is a symlink whose target does not exist. */
export function isDanglingLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(path);
}
