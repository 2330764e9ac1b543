import * as fs from 'node:fs';
import { systemErrorCode } from '../errors.js';
import { isSameVersion, type PresentVersion, readVersion, replaceFile, tightenMode } from './atomic-file.js';
import type { ProcessTable } from './process-table.js';

const suffixes = ['.bak', '.bak.1', '.bak.2'] as const;

/** The last three good versions of a file, newest first. */
export function backupPaths(path: string): string[] {
  return suffixes.map((suffix) => path + suffix);
}

/**
 * Keeps the version that is about to be replaced as the newest backup. A file of its own, never a hard link: other tools
 * write the pool in place, and would write into a linked backup as well. A version that is the newest backup already is
 * not kept twice, so that writes that fail do not push the older ones out.
 */
export function rotateBackups(path: string, version: PresentVersion, processes: ProcessTable): void {
  const paths = backupPaths(path);
  for (const each of paths) tightenMode(each);
  const [newest = path] = paths;
  if (isSameVersion(readVersion(newest), version)) return;
  makeRoom(paths);
  replaceFile({ path: newest, content: version.bytes }, processes);
}

/** A copy under its own name that later rotations never touch; an existing one stays. */
export function keepOriginal(path: string, suffix: string, version: PresentVersion, processes: ProcessTable): void {
  if (fs.existsSync(path + suffix)) return;
  replaceFile({ path: path + suffix, content: version.bytes }, processes);
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
