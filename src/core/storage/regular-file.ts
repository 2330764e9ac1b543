import * as fs from 'node:fs';
import { AppError, systemErrorCode } from '../errors.js';

/*
 * The one place that decides what this program may open: a regular file, also behind links, and nothing else. A file of
 * ours can be a link to /dev/null, because somebody wants nothing kept there. Replaced as root, that costs the machine its
 * /dev/null; given a mode, it shuts everybody out; and /dev/zero never ends. So everything is opened without waiting,
 * looked at through its descriptor, and read up to a limit; `architecture.test.ts` checks that all files are read here.
 */

/** Something else stands in the place of a file, or one that is longer than any of its kind. The message says what. */
export class NoRegularFile extends Error {
  /** Like the code of a system error, so that code which treats those by their code treats this one too. */
  readonly code: 'EISDIR' | 'EFTYPE' | 'EFBIG';

  constructor(message: string, code: NoRegularFile['code']) {
    super(message);
    this.name = 'NoRegularFile';
    this.code = code;
  }
}

/** Whether reading a file failed because something else stands in its place; then `error` says what, in words. */
export function isPassedOver(error: unknown): error is AppError {
  return error instanceof AppError && error.cause instanceof NoRegularFile;
}

const mebibyte = 1024 * 1024;

/** Ten times what a thousand accounts with everything known about them take. */
export const largestFileBytes = 64 * mebibyte;
/** For files that say who holds or runs something: a record of a lock, a pid file. */
export const largestRecordBytes = 64 * 1024;

/**
 * Else a pipe would keep `open` waiting, deaf to Ctrl-C, and a terminal would become ours. Windows lacks both flags.
 */
const withoutWaiting = (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOCTTY ?? 0);

/** The bytes of a file. Throws the system's error, or {@link NoRegularFile}. */
export function readNow(path: string, limit = largestFileBytes): Buffer {
  return withRegular(path, fs.constants.O_RDONLY, (descriptor, { size }) => {
    if (size > limit) throw tooLarge(limit);
    return readWhole(descriptor, size, limit);
  });
}

/** The first bytes of a file, however long it is. */
export function readHead(path: string, length: number): Buffer {
  return withRegular(path, fs.constants.O_RDONLY, (descriptor) => {
    const head = Buffer.alloc(length);
    return head.subarray(0, fs.readSync(descriptor, head, 0, length, 0));
  });
}

/** The last bytes of a file, however long it is. */
export function readTail(path: string, length: number): Buffer {
  return withRegular(path, fs.constants.O_RDONLY, (descriptor, { size }) => {
    const tail = Buffer.alloc(Math.min(length, size));
    return tail.subarray(0, fs.readSync(descriptor, tail, 0, tail.length, size - tail.length));
  });
}

/** Adds to a file that exists. */
export function appendNow(path: string, text: string): void {
  withRegular(path, fs.constants.O_WRONLY | fs.constants.O_APPEND, (descriptor) => fs.writeFileSync(descriptor, text));
}

/** Gives a mode to a file or a directory. Throws {@link NoRegularFile} for a device or a pipe, on which others rely. */
export function changeMode(path: string, mode: number): void {
  // A directory opens like a file; only what it holds cannot be read.
  const descriptor = open(path, fs.constants.O_RDONLY);
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isDirectory()) assertRegular(stats);
    if ((stats.mode & 0o7777) !== mode) fs.fchmodSync(descriptor, mode);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Never through a link: callers that overwrite a file have followed the links already. */
const toOverwrite = fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0);

/** Throws the system's error where the content of a file cannot be overwritten. Changes nothing. */
export function assertOverwritable(path: string): void {
  withRegular(path, toOverwrite, () => undefined);
}

/**
 * Puts other JSON text over the content of a file that cannot be replaced. A longer text first gets its room, as spaces
 * behind the old text: a full disk then leaves the old content. After every step the file is the old JSON or the new;
 * only a crash within the step that writes the text leaves neither.
 */
export function overwriteNow(path: string, text: Uint8Array): void {
  withRegular(path, toOverwrite, (descriptor, { size }) => {
    if (text.length > size) makeRoom(descriptor, size, text.length);
    const padding = Buffer.alloc(Math.max(0, size - text.length), ' ');
    writeWhole(descriptor, Buffer.concat([text, padding]), 0);
    fs.fsyncSync(descriptor);
    fs.ftruncateSync(descriptor, text.length);
    fs.fsyncSync(descriptor);
  });
}

function makeRoom(descriptor: number, size: number, wanted: number): void {
  try {
    writeWhole(descriptor, Buffer.alloc(wanted - size, ' '), size);
    fs.fsyncSync(descriptor);
  } catch (error) {
    fs.ftruncateSync(descriptor, size);
    throw error;
  }
}

/** Repeats a write that took only a part of the bytes, on a disk that is almost full for instance. */
export function writeWhole(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** A descriptor of a file to lock, made where it is missing, for its owner only. The caller closes it. */
export function openToLock(path: string): number {
  const descriptor = openLockable(path);
  try {
    assertRegular(fs.fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

/** Opens for reading on a read-only file system, which is enough for a lock. */
function openLockable(path: string): number {
  try {
    return open(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  } catch (error) {
    if (systemErrorCode(error) !== 'EROFS' || !fs.existsSync(path)) throw error;
    return open(path, fs.constants.O_RDONLY);
  }
}

/**
 * Writes into a pipe or a terminal that the person has named for output, without replacing it. Waits for the reader of
 * a pipe. Refuses a block device, such as a disk.
 */
export function writeToStream(path: string, content: string): void {
  const descriptor = fs.openSync(path, fs.constants.O_WRONLY | (fs.constants.O_NOCTTY ?? 0));
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFIFO() && !stats.isCharacterDevice()) assertRegular(stats);
    fs.writeFileSync(descriptor, content);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Throws unless a rename or a removal at this place, links followed already, would cost a regular file or nothing. */
export function assertReplaceable(target: string): void {
  const stats = fs.lstatSync(target, { throwIfNoEntry: false });
  if (stats !== undefined) assertRegular(stats);
}

/** What stands in the place of a file, links followed; undefined for a file, for nothing, and where it cannot be told. */
export function whyNoFile(path: string): NoRegularFile | undefined {
  try {
    const stats = fs.statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) assertRegular(stats);
    return undefined;
  } catch (error) {
    // Its directory is closed to us, or links lead in a circle. Opening it fails in the same way, and reports why.
    return error instanceof NoRegularFile ? error : undefined;
  }
}

function withRegular<T>(path: string, flags: number, use: (descriptor: number, stats: fs.Stats) => T): T {
  const descriptor = open(path, flags);
  try {
    const stats = fs.fstatSync(descriptor);
    assertRegular(stats);
    return use(descriptor, stats);
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * With these codes, which explain nothing, a socket, a pipe without a reader or a device without a driver refuses to
 * open.
 */
const refusalsToOpen = ['ENXIO', 'ENODEV', 'EOPNOTSUPP', 'ENOTSUP'];

function open(path: string, flags: number, mode?: number): number {
  try {
    return fs.openSync(path, flags | withoutWaiting, mode);
  } catch (error) {
    if (refusalsToOpen.includes(systemErrorCode(error) ?? '')) assertRegular(fs.statSync(path));
    throw error;
  }
}

function assertRegular(stats: fs.Stats): void {
  if (stats.isFile()) return;
  throw new NoRegularFile(`it is ${nameOf(stats)}`, stats.isDirectory() ? 'EISDIR' : 'EFTYPE');
}

function nameOf(stats: fs.Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a link' : 'a device';
}

function tooLarge(limit: number): Error {
  const size = limit < mebibyte ? `${limit / 1024} KiB` : `${limit / mebibyte} MiB`;
  return new NoRegularFile(`it is longer than ${size}`, 'EFBIG');
}

/** Reads until the end and not up to `size`: a file may grow meanwhile, and files of the kernel state no size. */
function readWhole(descriptor: number, size: number, limit: number): Buffer {
  const parts: Buffer[] = [];
  for (let total = 0; ; ) {
    const part = Buffer.allocUnsafe((total === 0 ? size : 0) + 4_096);
    const length = fs.readSync(descriptor, part, 0, part.length, null);
    if (length === 0) return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, total);
    total += length;
    if (total > limit) throw tooLarge(limit);
    parts.push(part.subarray(0, length));
  }
}
