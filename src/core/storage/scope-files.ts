import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type FileVersion, listDirectory, readVersion } from './atomic-file.js';
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
}

/** Reads one scope without a lock. Throws an error that names the file unless both files are absent or good (P11). */
export function readScope(paths: RootPaths, key: string | undefined): ScopeRecords {
  const files = scopeFiles(paths, key);
  const poolVersion = readVersion(files.pool);
  const flaggedVersion = readVersion(files.flagged);
  const pool = decodeFile(files.pool, poolVersion, decodePool, emptyPool);
  const flagged = decodeFile(files.flagged, flaggedVersion, decodeFlagged, emptyFlaggedPool);
  return definedOnly({
    key,
    files,
    pool: pool.value,
    flagged: flagged.value,
    poolVersion,
    flaggedVersion,
    migratedFrom: pool.migratedFrom,
  });
}

/** Every scope that has files below this root; the global one first, and always. */
export function readAllScopes(paths: RootPaths): ScopeRecords[] {
  const keys = listDirectory(paths.projects).sort();
  const projects = keys.map((key) => readScope(paths, key)).filter(hasFiles);
  return [readScope(paths, undefined), ...projects];
}

export function hasFiles(scope: ScopeRecords): boolean {
  return scope.poolVersion.kind === 'present' || scope.flaggedVersion.kind === 'present';
}

function decodeFile<T>(
  path: string,
  version: FileVersion,
  decode: (json: unknown) => Decoded<T>,
  empty: T,
): { value: T; migratedFrom?: number } {
  if (version.kind === 'absent') return { value: empty };
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

/** The JSON of a file. The parser's own message quotes the content, tokens included, so it is not passed on (P18). */
export function parseJson(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw corrupt(path, content.trim() === '' ? 'it is empty' : 'it is not valid JSON, perhaps cut off');
  }
}

function corrupt(path: string, reason: string): AppError {
  return new AppError('storage-corrupt', `${path} is damaged: ${reason}`, {
    hint: `the last good version is ${path}.bak; the damaged file is left as it is`,
    details: { path },
  });
}
