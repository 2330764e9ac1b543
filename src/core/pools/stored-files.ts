import { existsSync } from 'node:fs';
import { readClaims } from '../accounts/jwt-claims.js';
import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { parseJsonText } from '../json-text.js';
import { type FileVersion, isSameVersion, listDirectory, readVersion } from '../storage/atomic-file.js';
import { backupPaths } from '../storage/backups.js';
import type { FileReader } from '../storage/file-memory.js';
import { type RootPaths, scopeFiles } from '../storage/paths.js';
import { record } from '../storage/tolerant.js';
import { copiesToRecover, type FileCopy, type FilePart, fileCopies, wasReset } from './file-copies.js';
import { resolveScopeMoves } from './moves.js';
import { decodeFlagged, decodePool } from './pool-codec.js';
import { flaggedIn, poolIn, readScope } from './scope-files.js';
import { hasFiles, type ScopeRecords } from './scope-records.js';

export type FileVerdict =
  | { readonly kind: 'absent' | 'ok' }
  | { readonly kind: 'damaged' | 'newer'; readonly message: string }
  | { readonly kind: 'unreadable'; readonly message: string; readonly wayOut: string };

/** A pool or flagged file, and what became of reading it. */
export interface StoredFile {
  readonly path: string;
  readonly scopeKey: string | undefined;
  readonly part: FilePart;
  readonly verdict: FileVerdict;
  /** Of a damaged file: how many whole records it still holds. */
  readonly salvageable: number;
  /** The backups that exist, newest first. */
  readonly backups: readonly { readonly path: string; readonly verdict: FileVerdict }[];
  /** Of a file that is damaged or missing: the copies from which it can come back, newest first. */
  readonly copies: readonly FileCopy[];
}

export function scopeKeys(paths: RootPaths): (string | undefined)[] {
  return [undefined, ...listDirectory(paths.projects).sort()];
}

export function storedFiles(paths: RootPaths, read: FileReader = readVersion): StoredFile[] {
  return scopeKeys(paths).flatMap((scopeKey) => {
    const files = scopeFiles(paths, scopeKey);
    return (['pool', 'flagged'] as const).map((part) => inspectFile(files[part], scopeKey, part, read));
  });
}

function inspectFile(path: string, scopeKey: string | undefined, part: FilePart, read: FileReader): StoredFile {
  const verdict = verdictOn(path, part, read);
  const backups = backupPaths(path).filter((each) => existsSync(each));
  const readBackup = readBeside(path, read);
  return {
    path,
    scopeKey,
    part,
    verdict,
    salvageable: verdict.kind === 'damaged' ? salvageFrom(path, part).accounts.length : 0,
    backups: backups.map((each) => ({ path: each, verdict: verdictOn(each, part, readBackup) })),
    copies: isLost(path, verdict) ? copiesToRecover(fileCopies(path, part)) : [],
  };
}

/** The newest backup mostly equals its file. Then it gets the same version object, so that it is decoded only once. */
function readBeside(path: string, read: FileReader): FileReader {
  const version = attempt(() => read(path));
  if (version === undefined) return read;
  return (beside) => {
    const found = read(beside);
    return isSameVersion(found, version) ? version : found;
  };
}

function isLost(path: string, { kind }: FileVerdict): boolean {
  return kind === 'damaged' || (kind === 'absent' && !wasReset(path));
}

export function verdictOn(path: string, part: FilePart, read: FileReader = readVersion): FileVerdict {
  try {
    const version = read(path);
    valueIn(path, version, part);
    return { kind: version.kind === 'absent' ? 'absent' : 'ok' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    if (code === 'storage-corrupt') return { kind: 'damaged', message };
    if (code === 'storage-newer-version') return { kind: 'newer', message };
    return { kind: 'unreadable', message, wayOut: hint ?? `check the owner and the mode of ${path}` };
  }
}

/** The content of a file that is good; undefined for any other file, of which {@link verdictOn} says what is wrong. */
export function readPool(path: string, read: FileReader = readVersion): Pool | undefined {
  return attempt(() => poolIn(path, read(path)).value);
}

export function readFlagged(path: string, read: FileReader = readVersion): FlaggedPool | undefined {
  return attempt(() => flaggedIn(path, read(path)).value);
}

/** The whole records in a file that is damaged. Throws `storage-unreadable`. */
export function salvageFrom(path: string, part: FilePart): Pool | FlaggedPool {
  const version = readVersion(path);
  const content = version.kind === 'absent' ? '' : version.content;
  return part === 'pool' ? salvagedPool(content) : salvagedFlagged(content);
}

/** Every scope, as far as its files can be read: one damaged file does not hide the other. Changes nothing. */
export function readableScopes(paths: RootPaths, read: FileReader = readVersion): readonly ScopeRecords[] {
  const scopes = scopeKeys(paths)
    .map((key) => attempt(() => readScope(paths, key, read)) ?? readableParts(paths, key, read))
    .filter((scope) => scope.key === undefined || hasFiles(scope));
  return resolveScopeMoves(scopes);
}

function readableParts(paths: RootPaths, key: string | undefined, read: FileReader): ScopeRecords {
  const files = scopeFiles(paths, key);
  const version = (path: string): FileVersion => attempt(() => read(path)) ?? { kind: 'absent' };
  return definedOnly({
    key,
    files,
    pool: readPool(files.pool, read) ?? emptyPool,
    flagged: readFlagged(files.flagged, read) ?? emptyFlaggedPool,
    poolVersion: version(files.pool),
    flaggedVersion: version(files.flagged),
  });
}

function valueIn(path: string, version: FileVersion, part: FilePart): Pool | FlaggedPool {
  return part === 'pool' ? poolIn(path, version).value : flaggedIn(path, version).value;
}

/** Undefined where our own reading refuses a file; {@link verdictOn} says why. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/**
 * What can still be read in a damaged pool: the records that are whole. It is newer than any backup, so it may hold the
 * only copy of the newest tokens. Pure.
 */
export function salvagedPool(content: string): Pool {
  const accounts = wholeObjects(content, 'accounts').filter(isPlausible);
  const decoded = decodePool({ version: 3, accounts, removed: wholeObjects(content, 'removed') });
  return decoded.kind === 'ok' ? { ...decoded.value, raw: {} } : emptyPool;
}

export function salvagedFlagged(content: string): FlaggedPool {
  const decoded = decodeFlagged({ version: 1, accounts: wholeObjects(content, 'accounts').filter(isPlausible) });
  return decoded.kind === 'ok' ? { ...decoded.value, raw: {} } : emptyFlaggedPool;
}

/** A login whose tokens read as tokens: what damaged the file may have damaged them too. */
function isPlausible(entry: unknown): boolean {
  const fields = record.safeParse(entry);
  if (!fields.success || JSON.stringify(entry).includes('\ufffd')) return false;
  const { refreshToken, accessToken } = fields.data;
  const isLogin = typeof refreshToken === 'string' && /^[\x21-\x7e]{8,}$/.test(refreshToken);
  return isLogin && (typeof accessToken !== 'string' || isWholeToken(accessToken));
}

function isWholeToken(token: string): boolean {
  const looksLikeJwt = token.startsWith('eyJ') && token.includes('.');
  return looksLikeJwt ? readClaims(token) !== undefined : /^[\x21-\x7e]{8,}$/.test(token);
}

/** The objects in the list of that name that parse, up to where the damage begins. */
function wholeObjects(content: string, list: string): unknown[] {
  const start = new RegExp(`"${list}"\\s*:\\s*\\[`).exec(content);
  if (start === null) return [];
  const objects: unknown[] = [];
  let position = start.index + start[0].length;
  for (;;) {
    const next = /^[\s,]*(?=\{)/.exec(content.slice(position, position + 4_096));
    if (next === null) return objects;
    position += next[0].length;
    const end = endOfObject(content, position);
    if (end === undefined) return objects;
    objects.push(...parsed(content.slice(position, end)));
    position = end;
  }
}

/** The position after the brace that closes the object which begins here. */
function endOfObject(content: string, start: number): number | undefined {
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(content); token !== null; token = tokens.exec(content)) {
    if (token[0] === '{') depth += 1;
    else if (token[0] === '}') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}

function parsed(text: string): unknown[] {
  try {
    return [parseJsonText(text)];
  } catch {
    // This record is damaged inside. A backup may have it.
    return [];
  }
}
