import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { replaceFile } from '../../core/storage/atomic-file.js';
import { writeError } from '../../core/storage/file-errors.js';
import type { ProcessTable } from '../../core/storage/process-table.js';
import { writeToStream } from '../../core/storage/regular-file.js';

/**
 * Where `--out` leads, as an absolute path. Asked before the command does its work, so that a typing error costs no
 * requests and makes no directories. Throws `usage`.
 */
export function outputFile(out: string, cwd: string): string {
  if (out === '') throw unusable('--out needs a file name, but got an empty one', 'name a file: --out accounts.csv');
  const path = resolve(cwd, out);
  const directory = dirname(path);
  if (!statOf(directory)?.isDirectory())
    throw unusable(`--out ${out}: there is no directory ${directory}`, `mkdir -p '${directory}'`);
  if (statOf(path)?.isDirectory()) throw unusable(`--out ${out} is a directory`, 'name a file in it');
  return path;
}

/** Replaces a file whole. A device or a pipe is written to: as root, a rename would put a file in place of /dev/null. */
export function writeOutputFile(path: string, content: string, processes: ProcessTable): void {
  try {
    if (statOf(path)?.isFile() === false) writeToStream(path, content);
    else replaceFile({ path, content }, processes);
  } catch (error) {
    throw error instanceof AppError ? error : writeError(path, error);
  }
}

export function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A part of the path is a file, or is closed to us. The write that follows reports it.
    return undefined;
  }
}

function unusable(message: string, hint: string): AppError {
  return new AppError('usage', message, { hint });
}
