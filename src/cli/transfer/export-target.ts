import { lstatSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { AppError } from '../../core/errors.js';
import { makeDirectory, replaceFile, resolveTarget } from '../../core/storage/atomic-file.js';
import { writeError } from '../../core/storage/file-errors.js';
import type { ExportFile } from '../../core/transfer/export-logins.js';
import type { Context } from '../program/context.js';
import { statOf } from '../program/output-file.js';

export interface ExportTarget extends ExportFile {
  readonly path: string;
}

export interface TargetOptions {
  /** Where to: a file, or a directory. */
  readonly destination?: string;
  readonly force?: boolean;
}

/** Where each file goes. Throws `usage` for what must not be written to; nothing is made yet. */
export function chooseTargets(
  context: Context,
  files: readonly ExportFile[],
  directoryName: string,
  { destination, force }: TargetOptions,
): ExportTarget[] {
  if (destination === '' || destination === '-') {
    throw unusable('tokens are never printed', 'name a file or a directory: --out tokens');
  }
  const targets = placed(context, files, directoryName, destination);
  for (const { path } of targets) assertUsable(context, path, force === true);
  return targets;
}

function placed(
  { machine: { cwd } }: Context,
  files: readonly ExportFile[],
  directoryName: string,
  destination: string | undefined,
): ExportTarget[] {
  const [only, ...others] = files;
  const isOne = only !== undefined && others.length === 0;
  if (destination === undefined) {
    const directory = isOne ? cwd : join(cwd, directoryName);
    return files.map((file) => ({ ...file, path: join(directory, file.name) }));
  }
  const path = resolve(cwd, destination);
  const isDirectory = /[/\\]$/.test(destination) || statOf(path)?.isDirectory() === true;
  if (isOne && !isDirectory) return [{ ...only, path }];
  return files.map((file) => ({ ...file, path: join(path, file.name) }));
}

/** Throws `usage` for a path that must not be written to, such as the login file that only `switch` replaces. */
function assertUsable({ home, root }: Context, path: string, force: boolean): void {
  const real = join(resolveTarget(dirname(path)), basename(path));
  const target = statOf(path) === undefined ? real : resolveTarget(path);
  if (target === resolveTarget(home.authFile)) {
    throw unusable(`${path} is the official client's own login`, 'codex-auth switch makes an account its login');
  }
  if (target.startsWith(resolveTarget(root.paths.root) + sep)) {
    throw unusable(`${path} is where this program keeps the accounts`, 'name another place with --out');
  }
  const directory = dirname(path);
  const above = statOf(directory) === undefined ? dirname(directory) : directory;
  if (statOf(above)?.isDirectory() !== true) {
    throw unusable(`there is no directory ${above}`, `mkdir -p '${above}'`);
  }
  const facts = statOf(path);
  if (facts !== undefined && !facts.isFile())
    throw unusable(`${path} is not a regular file`, 'name another with --out');
  if (!force) assertFree(path);
}

function assertFree(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw unusable(`${path} is there already`, 'add --force to replace it, or name another with --out');
}

/** Readable by their owner only, whole or not at all, and without `force` never over what has appeared meanwhile. */
export function writeTargets(context: Context, targets: readonly ExportTarget[], force: boolean): void {
  for (const { path, content } of targets) {
    const guard = () => {
      if (!force) assertFree(path);
    };
    try {
      makeDirectory(dirname(path));
      replaceFile({ path, content, guard }, context.root.processes);
    } catch (error) {
      throw error instanceof AppError ? error : writeError(path, error);
    }
  }
}

function unusable(message: string, hint: string): AppError {
  return new AppError('usage', message, { hint });
}
