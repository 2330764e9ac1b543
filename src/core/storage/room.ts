import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, systemErrorCode } from '../errors.js';
import { describe, wayOut } from './file-errors.js';
import type { Root } from './root.js';

/** With less than this on the disk, not even the journal entry of a refresh has room (P3). */
const leastFreeBytes = 64 * 1024;

export const freeSpace = 'free space on that disk, then run the command again';

/** Why nothing can be stored in the root, which need not exist yet; undefined when something can. Writes nothing. */
export function whyNoRoom({ paths }: Pick<Root, 'paths'>): AppError | undefined {
  const directory = nearestExisting(paths.root);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const hint = wayToRoom(systemErrorCode(error), directory) ?? wayOut(error, directory);
    return noRoom(directory, describe(error), hint ?? 'check that directory, then run the command again');
  }
  return isFull(directory) ? noRoom(directory, 'no space left on the disk', freeSpace) : undefined;
}

/** Throws `storage-write-failed` before a person takes the trouble of a sign-in that nothing can keep. */
export function assertRoom(root: Root): void {
  const problem = whyNoRoom(root);
  if (problem !== undefined) throw problem;
}

/** The hint for an error with this code when writing in a directory; undefined where no remedy is known. */
export function wayToRoom(code: string | undefined, directory: string): string | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return freeSpace;
    case 'EACCES':
    case 'EPERM':
      return `make ${directory} writable for you, then run the command again`;
    case 'EROFS':
      return 'set CODEX_MULTI_AUTH_DIR to a directory that can be written';
    default:
      return undefined;
  }
}

function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}

/** Whether the file system that a path is on has no room. One that counts no blocks is never full. */
export function isFull(path: string): boolean {
  try {
    const { bavail, bsize, blocks } = statfsSync(path);
    return blocks > 0 && bavail * bsize < leastFreeBytes;
  } catch {
    // It cannot be told. The first write shows whether there is room.
    return false;
  }
}

function noRoom(path: string, why: string, hint: string): AppError {
  return new AppError('storage-write-failed', `cannot write in ${path}: ${why}`, { hint, details: { path } });
}
