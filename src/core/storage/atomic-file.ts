import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, systemErrorCode } from '../errors.js';
import type { ProcessTable } from './process-table.js';

/** What a file held at one moment, as the proof that nobody else changed it since. */
export type FileVersion =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly content: string; readonly hash: string };

/** The file's content. Throws `storage-unreadable` for everything but absence: unreadable is not empty (P11). */
export function readVersion(path: string): FileVersion {
  try {
    const content = fs.readFileSync(path, 'utf8');
    return { kind: 'present', content, hash: hashOf(content) };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'absent' };
    throw new AppError('storage-unreadable', `cannot read ${path}: ${describe(error)}`, {
      hint: 'check the owner and the mode of the file; nothing was changed',
      details: { path },
    });
  }
}

export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  if (a.kind === 'absent' || b.kind === 'absent') return a.kind === b.kind;
  return a.hash === b.hash;
}

export interface Replacement {
  readonly path: string;
  readonly content: string;
  /** Runs synchronously right before the rename; throws when the write must not happen any more (P9). */
  readonly guard?: () => void;
}

const fileMode = 0o600;
const directoryMode = 0o700;

/**
 * Replaces a file so that a crash at any instant leaves the old content or the new (P10): temp file in the same
 * directory, write, fsync, rename, fsync of the directory. A symlink stays; its target is replaced. Throws
 * `storage-write-failed` with the old content in place.
 */
export function replaceFile(replacement: Replacement, processes: ProcessTable): void {
  const target = resolveTarget(replacement.path);
  const temporary = join(dirname(target), temporaryName(basename(target), processes));
  try {
    makeDirectory(dirname(target));
    writeDurably(temporary, replacement.content);
    replacement.guard?.();
    renameWithPatience(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error instanceof AppError ? error : writeError(replacement.path, error);
  }
  syncDirectory(dirname(target));
}

/** A directory only its owner can enter, created with its parents where missing. */
export function makeDirectory(path: string): void {
  fs.mkdirSync(path, { recursive: true, mode: directoryMode });
}

/** The file behind a symlink, which may not exist yet. */
export function resolveTarget(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw writeError(path, error);
  }
  try {
    return resolve(dirname(path), fs.readlinkSync(path));
  } catch {
    // No link either: the file itself is to be created.
    return path;
  }
}

export function writeError(path: string, error: unknown): AppError {
  return new AppError('storage-write-failed', `cannot write ${path}: ${describe(error)}`, {
    hint: 'free space or fix the permissions, then run the command again; the old content is in place',
    details: { path },
  });
}

export function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function writeDurably(path: string, content: string): void {
  const descriptor = fs.openSync(path, 'wx', fileMode);
  try {
    fs.writeFileSync(descriptor, content);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

const renameAttempts = 5;

/** Windows refuses to replace a file that a scanner or another reader holds open for an instant. */
function renameWithPatience(from: string, to: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      fs.renameSync(from, to);
      return;
    } catch (error) {
      const code = systemErrorCode(error);
      if (attempt === renameAttempts || (code !== 'EPERM' && code !== 'EBUSY')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 * attempt);
    }
  }
}

/** Makes the rename survive a power cut. It has already happened, so a failure here is no reason to fail. */
function syncDirectory(path: string): void {
  try {
    const descriptor = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // Not every file system can sync a directory, and the content itself is already synced.
  }
}

/** `.<file>.<pid>-<start>-<random>.tmp`: names its process, so that the sweep can tell a dead one's from a live one's. */
function temporaryName(file: string, processes: ProcessTable): string {
  const { pid, startedAt } = processes.self;
  return `.${file}.${pid}-${startedAt ?? 0}-${randomBytes(6).toString('hex')}.tmp`;
}

const temporaryPattern = /^\..+\.(?<pid>\d+)-(?<start>[^-]+)-[0-9a-f]+\.tmp$/;

/**
 * Removes the temp files that killed processes left in a directory: they may hold tokens. The one write a reading
 * command may do (DESIGN §4). Returns the names removed.
 */
export function sweepTemporaries(directory: string, processes: ProcessTable): string[] {
  return listDirectory(directory).filter((name) => {
    const parts = temporaryPattern.exec(name)?.groups;
    if (parts === undefined || isOwnerAlive(parts, processes)) return false;
    try {
      fs.rmSync(join(directory, name), { force: true });
      return true;
    } catch {
      // Somebody else's directory or a read-only disk: `doctor` reports what stays behind.
      return false;
    }
  });
}

function isOwnerAlive(parts: Record<string, string>, processes: ProcessTable): boolean {
  const { pid, start } = parts;
  const startedAt = start === undefined || start === '0' ? {} : { startedAt: start };
  return processes.stateOf({ ...processes.self, startedAt: undefined, ...startedAt, pid: Number(pid) }) === 'alive';
}

/** The names in a directory; none when it does not exist or cannot be listed. */
export function listDirectory(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    // Absent, or not ours to list: whoever needs a file in it will meet the real error.
    return [];
  }
}

/** The operating system's own words, without the path and the call, which the message already has. */
export function describe(error: unknown): string {
  const code = systemErrorCode(error);
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    ENOSPC: 'no space left on the disk',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is no directory',
    EIO: 'the disk reported an error',
    EDQUOT: 'the disk quota is used up',
  };
  return (code === undefined ? undefined : known[code]) ?? code ?? 'unknown error';
}
