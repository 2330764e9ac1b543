import { isUtf8 } from 'node:buffer';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type FileVersion, isDanglingLink, readDirectory, readVersion } from './atomic-file.js';
import { type ResolvedMoves, resolveMoves } from './moves.js';
import { type RootPaths, type ScopeFiles, scopeFiles } from './paths.js';
import { type Decoded, decodeFlagged, decodePool } from './pool-codec.js';

/** What one scope holds on disk, with the proof of which versions were read. */
export interface ScopeRecords {
  /** Absent for the global scope. */
  readonly key?: string;
  readonly files: ScopeFiles;
  readonly pool: Pool;
  readonly flagged: FlaggedPool;
  readonly poolVersion: FileVersion;
  readonly flaggedVersion: FileVersion;
  /** The format version on disk when it was an older one. */
  readonly migratedFrom?: number;
  /** What the files hold while an account is in both of them, because a move between them was cut short. */
  readonly unsettled?: Pick<ResolvedMoves, 'pool' | 'flagged'>;
}

/** Reads one scope without a lock. Throws an error that names the file unless both files are absent or good (P11). */
export function readScope(paths: RootPaths, key: string | undefined): ScopeRecords {
  const files = scopeFiles(paths, key);
  const poolVersion = readVersion(files.pool);
  const flaggedVersion = readVersion(files.flagged);
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

/** Every scope that has files below this root; the global one first, and always. */
export function readAllScopes(paths: RootPaths): ScopeRecords[] {
  const projects = projectKeys(paths).map((key) => readScope(paths, key));
  return [readScope(paths, undefined), ...projects.filter(hasFiles)];
}

/** Every other scope that has files. */
export function readOtherScopes(paths: RootPaths, here: ScopeRecords): ScopeRecords[] {
  const keys = [undefined, ...projectKeys(paths)].filter((key) => scopeFiles(paths, key).pool !== here.files.pool);
  return keys.map((key) => readScope(paths, key)).filter(hasFiles);
}

function projectKeys(paths: RootPaths): string[] {
  return readDirectory(paths.projects)
    .filter((name) => isDirectory(join(paths.projects, name)))
    .sort();
}

/** What a file manager leaves beside the projects is none; what cannot be looked at is, and will say why. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Reading it meets the same error, and names it.
    return true;
  }
}

export function hasFiles(scope: ScopeRecords): boolean {
  return scope.poolVersion.kind === 'present' || scope.flaggedVersion.kind === 'present';
}

/** The pool in one version of a file, the present one or a backup. Throws the error that names `path`. */
export function poolIn(path: string, version: FileVersion): { value: Pool; migratedFrom?: number } {
  return decodeFile(path, version, decodePool, emptyPool);
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
  if (!isUtf8(version.bytes)) throw corrupt(path, 'it is not UTF-8 text');
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

/** The JSON of a file. The parser's own message quotes the content, tokens included, so it is not passed on (P18). */
export function parseJson(path: string, content: string, hint?: string): unknown {
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch {
    throw corrupt(path, content.trim() === '' ? 'it is empty' : 'it is not valid JSON, perhaps cut off', hint);
  }
}

const recoverIt = 'codex-auth doctor --fix  (brings back the newest good version and keeps the damaged file)';

function corrupt(path: string, reason: string, hint = recoverIt): AppError {
  return new AppError('storage-corrupt', `${path} is damaged: ${reason}`, { hint, details: { path } });
}
