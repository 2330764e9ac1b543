import * as fs from 'node:fs';
import { systemErrorCode } from '../errors.js';

const suffixes = ['.bak', '.bak.1', '.bak.2'] as const;

/** The last three good versions of a file, newest first. */
export function backupPaths(path: string): string[] {
  return suffixes.map((suffix) => path + suffix);
}

/**
 * Keeps the present version as the newest backup. A hard link costs no copy, and is the only name of the old content
 * once the rename has replaced the file itself.
 */
export function rotateBackups(path: string): void {
  const [newest, middle, oldest] = suffixes.map((suffix) => path + suffix) as [string, string, string];
  renameIfPresent(middle, oldest);
  renameIfPresent(newest, middle);
  linkOrCopy(path, newest);
}

/** A copy under its own name that later rotations never touch; an existing one stays. */
export function keepOriginal(path: string, suffix: string): void {
  try {
    fs.copyFileSync(path, path + suffix, fs.constants.COPYFILE_EXCL);
    fs.chmodSync(path + suffix, 0o600);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

function renameIfPresent(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return;
    // Some file systems know no hard links.
    fs.copyFileSync(from, to);
    fs.chmodSync(to, 0o600);
  }
}
