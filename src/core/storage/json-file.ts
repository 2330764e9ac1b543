import { dirname, sep } from 'node:path';
import { AppError } from '../errors.js';
import { parseJsonText, TooDeep } from '../json-text.js';
import {
  type FileVersion,
  isSameVersion,
  makePrivateDirectory,
  readVersion,
  replaceFile,
  versionOf,
} from './atomic-file.js';
import { replaceBackedUp, rotateBackups } from './backups.js';
import { writeError } from './file-errors.js';
import type { LockHandle } from './file-lock.js';
import type { Root } from './root.js';

/**
 * Replaces one JSON file of the root, if it is still what we read and the lock is still ours. The new version becomes the
 * newest backup. Directory and file end up readable by their owner only, however loose they were.
 */
export function replaceJson(
  root: Root,
  lock: LockHandle,
  path: string,
  expected: FileVersion,
  value: Record<string, unknown>,
): FileVersion {
  if (expected.kind === 'present') backUp(path, () => rotateBackups(path, expected, root.processes));
  return overwriteJson(root, lock, path, expected, value, { replace: replaceBackedUp });
}

interface Writing {
  readonly replace?: typeof replaceFile;
  /** On one line, which halves the file: for what only the program reads, and reads often. */
  readonly isTerse?: boolean;
}

/** As {@link replaceJson}, without a backup: for what may be lost. */
export function overwriteJson(
  root: Root,
  lock: LockHandle,
  path: string,
  expected: FileVersion,
  value: Record<string, unknown>,
  { replace = replaceFile, isTerse = false }: Writing = {},
): FileVersion {
  const content = `${JSON.stringify(value, null, isTerse ? 0 : 2)}\n`;
  const directory = dirname(path);
  const isOurs = directory === root.paths.root || directory.startsWith(root.paths.root + sep);
  if (isOurs) makePrivateDirectory(directory);
  const guard = () => {
    lock.assertHeld();
    assertUnchanged(path, expected);
  };
  replace({ path, content, guard }, root.processes);
  return versionOf(content);
}

/** Other tools take no lock and count no generation: only the content shows that they have written. */
export function assertUnchanged(path: string, expected: FileVersion): void {
  if (isSameVersion(readVersion(path), expected)) return;
  throw new AppError('storage-conflict', `another program changed ${path} at the same moment`, {
    hint: 'run the command again; nothing was overwritten',
    details: { path },
  });
}

/** Runs one step of keeping a copy. Throws `storage-write-failed`: without its backup a file is not replaced. */
export function backUp(path: string, copy: () => void): void {
  try {
    copy();
  } catch (error) {
    throw error instanceof AppError ? error : writeError(path, error);
  }
}

/** The JSON of a file. The parser's own message quotes the content, tokens included, so it is not passed on. */
export function parseJson(path: string, content: string, hint?: string): unknown {
  try {
    return parseJsonText(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof TooDeep) throw corrupt(path, error.message, hint);
    throw corrupt(path, content.trim() === '' ? 'it is empty' : 'it is not valid JSON, perhaps cut off', hint);
  }
}

/** A file of a later version of this program, which is left alone. */
export function newerVersion(path: string, version: number): AppError {
  const message = `${path} has version ${version}, newer than this program`;
  return new AppError('storage-newer-version', message, {
    hint: 'update codex-auth; the file is untouched',
    details: { path },
  });
}

const recoverIt = 'codex-auth doctor --fix  (brings back the newest good version and keeps the damaged file)';

/** What cannot be understood is never taken for empty: the error names the file and the way out. */
export function corrupt(path: string, reason: string, hint = recoverIt): AppError {
  return new AppError('storage-corrupt', `${path} is damaged: ${reason}`, { hint, details: { path } });
}
