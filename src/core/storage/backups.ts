import * as fs from 'node:fs';
import { AppError, systemErrorCode } from '../errors.js';
import {
  isSameVersion,
  type PreparedFile,
  type PresentVersion,
  prepareFile,
  type Replacement,
  readVersion,
  replaceFile,
  resolveTarget,
  tightenMode,
  versionOf,
} from './atomic-file.js';
import { describe, writeError } from './file-errors.js';
import type { ProcessTable } from './process-table.js';
import { assertReplaceable } from './regular-file.js';

const suffixes = ['.bak', '.bak.1', '.bak.2'] as const;

/** The last three good versions of a file, newest first; the newest is the one in the file itself. */
export function backupPaths(path: string): string[] {
  return suffixes.map((suffix) => path + suffix);
}

/**
 * Replaces a file and makes the new content its newest backup, so that whatever destroys the file costs nothing. All
 * that needs room on the disk is done before the file is replaced; only renames follow. A crash between them leaves the
 * version before as the newest backup, which {@link rotateBackups} puts right at the next write.
 */
export function replaceBackedUp({ path, content, guard }: Replacement, processes: ProcessTable): void {
  const version = versionOf(Buffer.from(content));
  const backup = prepareBackup(path, version, processes);
  try {
    replaceFile({ path, content, ...(guard === undefined ? {} : { guard }) }, processes);
  } catch (error) {
    backup?.discard();
    throw error;
  }
  try {
    backup?.commit();
  } catch (error) {
    throw new AppError('storage-write-failed', `${path} is written, but its backup is not: ${reasonOf(error)}`, {
      hint: `check the files named ${suffixes.join(', ')} beside it; the next write makes the backup`,
      details: { path },
    });
  }
}

/**
 * Keeps a version that is about to be replaced, unless it is the newest backup already: another tool wrote it, or a crash
 * came between a write of ours and its backup. A file of its own, never a hard link: other tools write the pool in
 * place, and would write into a linked backup as well.
 */
export function rotateBackups(path: string, version: PresentVersion, processes: ProcessTable): void {
  prepareBackup(path, version, processes)?.commit();
}

/** A copy under its own name that later rotations never touch; an existing one stays. */
export function keepOriginal(path: string, suffix: string, version: PresentVersion, processes: ProcessTable): void {
  if (fs.existsSync(path + suffix)) return;
  replaceFile({ path: path + suffix, content: version.bytes }, processes);
}

function prepareBackup(path: string, version: PresentVersion, processes: ProcessTable): PreparedFile | undefined {
  const paths = backupPaths(path);
  for (const each of paths) {
    assertFileOrNothing(each);
    tightenMode(each);
  }
  const [newest = path] = paths;
  if (isSameVersion(readVersion(newest), version)) return undefined;
  const { commit, discard } = prepareFile({ path: newest, content: version.bytes }, processes);
  return {
    commit() {
      try {
        makeRoom(paths);
      } catch (error) {
        discard();
        throw error;
      }
      commit();
    },
    discard,
  };
}

/**
 * Throws where something else than a file is in the place of a backup, or behind a link there. Such a thing is not even
 * renamed: nobody could go back to it.
 */
function assertFileOrNothing(path: string): void {
  try {
    assertReplaceable(resolveTarget(path));
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Shifts only what stands in the way, oldest first, so that a crash between two renames costs no version. */
function makeRoom(paths: readonly string[]): void {
  const free = paths.findIndex((path) => !fs.existsSync(path));
  const last = free < 0 ? paths.length - 1 : free;
  for (let slot = last; slot > 0; slot -= 1) renameIfPresent(paths[slot - 1], paths[slot]);
}

function renameIfPresent(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined) return;
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof AppError ? error.message : describe(error);
}
