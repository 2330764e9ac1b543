import { isAscii, isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, systemErrorCode } from '../errors.js';
import { readError, writeError } from './file-errors.js';
import type { ProcessTable } from './process-table.js';
import { placeOf } from './process-table.js';
import { assertReplaceable, changeMode, readNow } from './regular-file.js';
import { syncDirectory } from './sync.js';

/** What a file held at one moment, as the proof that nobody else changed it since. */
export type FileVersion = { readonly kind: 'absent' } | PresentVersion;

export interface PresentVersion {
  readonly kind: 'present';
  /** The bytes as text. Where they are not UTF-8, only `bytes` is what the file holds. */
  readonly content: string;
  readonly bytes: Buffer;
  /** Whether the bytes are UTF-8. */
  readonly isText: boolean;
}

/** The file's content. Throws `storage-unreadable` for everything but absence: unreadable is not empty (P11). */
export function readVersion(path: string, limit?: number): FileVersion {
  try {
    return versionOf(readNow(path, limit));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'absent' };
    throw readError('read', path, error);
  }
}

export function versionOf(written: string | Buffer): PresentVersion {
  const bytes = typeof written === 'string' ? Buffer.from(written) : written;
  return { kind: 'present', content: textOf(bytes), bytes, isText: isUtf8(bytes) };
}

/** ASCII is read as Latin-1: the same text in a third of the time, and a long one stays outside the heap of V8. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  if (a.kind === 'absent' || b.kind === 'absent') return a.kind === b.kind;
  return a.bytes.equals(b.bytes);
}

export interface Replacement {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Default 0600. Another one is for the person's own files, which keep the mode they have. */
  readonly mode?: number;
  /**
   * Runs synchronously right before the rename, and again before each repetition of it; throws when the write must not
   * happen any more (P9).
   */
  readonly guard?: () => void;
}

const fileMode = 0o600;
const directoryMode = 0o700;

/**
 * Replaces a file so that a crash at any instant leaves the old content or the new (P10): temp file in the same
 * directory, write, fsync, rename, fsync of the directory. A symlink stays; its target is replaced, where that is a file or
 * nothing. Throws `storage-write-failed` with the old content in place.
 */
export function replaceFile({ guard, ...prepared }: Replacement, processes: ProcessTable): void {
  prepareFile(prepared, processes).commit(guard);
}

/** New content, safely on disk beside its file. Call `commit`, which renames it into place, or `discard`, once. */
export interface PreparedFile {
  /** Throws `storage-write-failed`, or what the guard throws, with the old content in place and nothing left behind. */
  commit(guard?: () => void): void;
  discard(): void;
}

/** The first half of {@link replaceFile}: whatever needs room on the disk has been done when it returns. */
export function prepareFile(
  { path, content, mode }: Omit<Replacement, 'guard'>,
  processes: ProcessTable,
): PreparedFile {
  const target = resolveTarget(path);
  return prepareEntry({ path, target, make: (temporary) => writeDurably(temporary, content, mode) }, processes);
}

export interface Entry {
  /** How messages name the file. */
  readonly path: string;
  /** The name that the entry takes; links are followed already. */
  readonly target: string;
  /** Makes the entry under a temporary name beside `target`. */
  readonly make: (temporary: string) => void;
  /** The entry takes the place of a link, and not of the file behind it. */
  readonly replacesLink?: true;
}

/** As {@link prepareFile}, for anything that a directory can hold: a link is an entry too. */
export function prepareEntry({ path, target, make, replacesLink }: Entry, processes: ProcessTable): PreparedFile {
  const temporary = join(dirname(target), temporaryName(basename(target), processes));
  const orFail = (step: () => void) => {
    try {
      step();
    } catch (error) {
      removeTemporary(temporary);
      throw error instanceof AppError ? error : writeError(path, error);
    }
  };
  const assertPlace = () => {
    const isLink = replacesLink === true && fs.lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (!isLink) assertReplaceable(target);
  };
  orFail(() => {
    assertPlace();
    // A link into a place that is missing, an unmounted disk perhaps, must not create that place.
    if (target === path) makeDirectory(dirname(target));
    make(temporary);
  });
  return {
    commit(guard) {
      orFail(() =>
        renameWithPatience(temporary, target, () => {
          guard?.();
          assertPlace();
        }),
      );
      syncDirectory(dirname(target));
    },
    discard: () => removeTemporary(temporary),
  };
}

/** A directory only its owner can enter, created with its parents where missing. */
export function makeDirectory(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true, mode: directoryMode });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    // What Node says of a file system that is read-only, too: making one directory alone tells what is wrong.
    if (!fs.existsSync(dirname(path))) makeDirectory(dirname(path));
    fs.mkdirSync(path, { mode: directoryMode });
  }
}

/**
 * Makes a directory where it is missing, and closes an existing one to everybody but its owner. Throws
 * `storage-write-failed`. Not for the official client's home, whose mode is not ours to change.
 */
export function makePrivateDirectory(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    throw writeError(path, error);
  }
  tightenMode(path, directoryMode);
}

/** Takes away what a file or directory grants to others; absent is fine. */
export function tightenMode(path: string, mode: number = fileMode): void {
  try {
    if ((fs.statSync(path).mode & 0o077) !== 0) changeMode(path, mode);
  } catch {
    // It is absent, or not ours, or its file system has no modes: `doctor` names what stays loose.
  }
}

/** The file behind a symlink, which may not exist yet. */
export function resolveTarget(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw writeError(path, error);
  }
  try {
    return followDanglingLink(path);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Step by step, because only the last link of a chain leads to the file that is missing. */
function followDanglingLink(path: string): string {
  let target = path;
  while (fs.lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    const directory = dirname(target);
    const place = fs.existsSync(directory) ? fs.realpathSync(directory) : directory;
    target = resolve(place, fs.readlinkSync(target));
  }
  return target;
}

/** A new file, readable by its owner only unless a mode is given, on disk when it returns. */
export function writeDurably(path: string, content: string | Uint8Array, mode?: number): void {
  const descriptor = fs.openSync(path, 'wx', fileMode);
  try {
    if (mode !== undefined) fs.fchmodSync(descriptor, mode);
    fs.writeFileSync(descriptor, content);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

const renameAttempts = 5;

/** Windows refuses to replace a file that a scanner or another reader holds open for an instant. */
function renameWithPatience(from: string, to: string, guard: () => void): void {
  for (let attempt = 1; ; attempt += 1) {
    // Also before a repetition: during the pause another process may have written.
    guard();
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

function removeTemporary(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // The caller reports a better error, where there is one; what stays behind is swept at the next start.
  }
}

/**
 * `.<file>.<pid>-<start>-<place>-<random>.tmp`: by the process in the name `leftovers.ts` tells whether it has died.
 */
function temporaryName(file: string, processes: ProcessTable): string {
  const { pid, startedAt } = processes.self;
  return `.${file}.${pid}-${startedAt ?? 0}-${placeOf(processes)}-${randomBytes(6).toString('hex')}.tmp`;
}

/** The names in a directory; none when it does not exist. Throws `storage-unreadable`: unreadable is not empty (P11). */
export function readDirectory(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw readError('list', directory, error);
  }
}

/** The names in a directory; none when it does not exist or cannot be listed. */
export function listDirectory(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    // It is absent, or we may not list it. Reading a file in it reports the real error.
    return [];
  }
}
