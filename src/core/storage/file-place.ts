import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, systemErrorCode } from '../errors.js';
import { type PreparedFile, prepareFile, resolveTarget } from './atomic-file.js';
import { describe, wayOut, writeError } from './file-errors.js';
import { assertOverwritable, assertReplaceable, readNow } from './regular-file.js';
import { freeSpace, isFull } from './room.js';
import type { Root } from './root.js';

/*
 * A file that can be written is not always one that can be replaced. A rename fails on a single file that is mounted into
 * a container, and in a directory that takes nothing new; where a file has a second name, that name keeps the old content.
 */

/** Why a file gets new content only where it stands. */
export type Obstacle = 'mount-point' | 'hard-link' | 'closed-directory';

export type FilePlace =
  | { readonly kind: 'replaceable' }
  | { readonly kind: 'in-place'; readonly obstacle: Obstacle }
  /** It cannot get new content at all; the error says why, and the way out. */
  | { readonly kind: 'closed'; readonly problem: AppError };

/** `prepared` is the new content, safely beside the file: committed or discarded, once. */
export type PreparedPlace =
  | { readonly kind: 'replaceable'; readonly prepared: PreparedFile }
  | Exclude<FilePlace, { kind: 'replaceable' }>;

export interface PlaceChoice {
  /** A hard link is no obstacle: the other names of the file keep what it holds now. */
  readonly endsHardLink?: boolean;
}

type Rights = Pick<Root, 'effectiveUserId'>;

/** How a file can get new content, as far as that shows without writing. A missing file counts as replaceable. */
export function placeOfFile(rights: Rights, path: string, choice: PlaceChoice = {}): FilePlace {
  return orClosed(path, () => {
    const target = resolveTarget(path);
    const stats = statSync(target, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: 'replaceable' };
    assertReplaceable(target);
    const obstacle = obstacleAt(rights, target, stats, choice);
    if (obstacle !== undefined) return inPlace(target, obstacle);
    refuseImmutable(target);
    return { kind: 'replaceable' };
  });
}

/** As {@link placeOfFile}, and where the file is replaceable it proves that by doing everything but the rename. */
export function preparePlace(
  root: Pick<Root, 'effectiveUserId' | 'processes'>,
  path: string,
  content: string | Uint8Array,
  choice: PlaceChoice = {},
): PreparedPlace {
  const seen = placeOfFile(root, path, choice);
  if (seen.kind !== 'replaceable') return seen;
  try {
    return { kind: 'replaceable', prepared: prepareFile({ path, content }, root.processes) };
  } catch (error) {
    return { kind: 'closed', problem: closedBy(path, error) };
  }
}

function obstacleAt(rights: Rights, target: string, { nlink, uid }: Stats, choice: PlaceChoice): Obstacle | undefined {
  if (nlink > 1 && choice.endsHardLink !== true) return 'hard-link';
  if (isMountPoint(target)) return 'mount-point';
  return takesNothing(dirname(target)) || isSticky(rights, dirname(target), uid) ? 'closed-directory' : undefined;
}

/** Told by the list of mounts: a file that is mounted from the same disk shows in nothing else. */
function isMountPoint(target: string): boolean {
  try {
    const mounts = readNow('/proc/self/mountinfo').toString('utf8').split('\n');
    return mounts.some((line) => unescaped(line.split(' ')[4] ?? '') === target);
  } catch {
    // This system has no such list. On a mount point the rename fails, and reports why.
    return false;
  }
}

/** White space and backslashes are written as three octal digits of each byte. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/**
 * Whether nothing can be made in a directory; not by root either where it is immutable or on a read-only file system.
 */
export function takesNothing(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return false;
  } catch {
    return true;
  }
}

const stickyBit = 0o1000;

/**
 * Whether the directory is one like /tmp, where only their owner replaces files, and the user owns neither of the two.
 */
function isSticky({ effectiveUserId: user }: Rights, directory: string, ownerOfFile: number): boolean {
  const { mode, uid } = statSync(directory);
  return (mode & stickyBit) !== 0 && user !== undefined && user !== 0 && user !== ownerOfFile && user !== uid;
}

function inPlace(target: string, obstacle: Obstacle): FilePlace {
  assertOverwritable(target);
  if (!isFull(target)) return { kind: 'in-place', obstacle };
  return { kind: 'closed', problem: closed(target, 'no space left on the disk', freeSpace) };
}

/** Throws for an immutable file, which no rename replaces. The mode and the owner of a file do not hinder a rename. */
function refuseImmutable(target: string): void {
  try {
    assertOverwritable(target);
  } catch (error) {
    if (systemErrorCode(error) === 'EPERM') throw error;
  }
}

function orClosed(path: string, look: () => FilePlace): FilePlace {
  try {
    return look();
  } catch (error) {
    return { kind: 'closed', problem: closedBy(path, error) };
  }
}

function closedBy(path: string, error: unknown): AppError {
  const cause = error instanceof AppError ? error.cause : error;
  const hint = wayOut(cause, path) ?? wayToWrite(systemErrorCode(cause), path);
  if (hint === undefined) return error instanceof AppError ? error : writeError(path, error);
  return closed(path, describe(cause), hint);
}

function wayToWrite(code: string | undefined, path: string): string | undefined {
  const directory = dirname(path);
  switch (code) {
    case 'EROFS':
      return `mount ${directory} so that it can be written, or set CODEX_HOME to a home that can be`;
    case 'EACCES':
      return `make ${directory} and ${path} writable for you`;
    case 'EPERM':
      return `look whether ${directory} or ${path} is immutable (lsattr, chattr -i), then run the command again`;
    case 'ENOSPC':
    case 'EDQUOT':
      return freeSpace;
    default:
      return undefined;
  }
}

function closed(path: string, why: string, hint: string): AppError {
  return new AppError('storage-write-failed', `cannot write ${path}: ${why}`, { hint, details: { path } });
}
