import { accessSync, constants, existsSync, rmSync, type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AppError } from '../errors.js';
import { isSameVersion, prepareFile, readVersion, resolveTarget, versionOf } from '../storage/atomic-file.js';
import { describe, writeError } from '../storage/file-errors.js';
import { sweepTemporaries } from '../storage/leftovers.js';
import { assertReplaceable, changeMode } from '../storage/regular-file.js';
import type { Root } from '../storage/root.js';

/** What a file holds, and its mode; undefined where there is none. */
type FileState = { readonly bytes: Buffer; readonly mode: number } | undefined;

/** One step of a plan: a file as it is, and as it is to be. Turned round, it is the way back. */
export interface FileChange {
  /** As the person knows it; a link is followed, and stays. */
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
}

export interface Edit {
  readonly path: string;
  /** What the file should hold, given what it holds, or undefined for no file. Bytes, one character each (latin1). */
  readonly change: (text: string | undefined) => string | undefined;
  /** Default: the mode it has; of a new file, 0644. */
  readonly mode?: number;
  /** What the person can do where this program cannot. */
  readonly byHand?: string;
}

const newFileMode = 0o644;

/**
 * The change that an edit would make; undefined when there is nothing to do. Throws an error that names the file when it
 * could not be made, so that a plan fails before its first step.
 */
export function planChange(edit: Edit, root: Root): FileChange | undefined {
  const { path, change, mode } = edit;
  const stats = statSync(resolveTarget(path), { throwIfNoEntry: false });
  // A link to /dev/null, say, says that nothing is wanted there; replacing the device would be a disaster.
  if (stats?.isFile() === false) throw unwritable(edit, 'it is not a regular file');
  const before = stats === undefined ? undefined : stateOf(path, stats);
  const text = change(before?.bytes.toString('latin1'));
  const wanted = mode ?? before?.mode ?? newFileMode;
  const after = text === undefined ? undefined : { bytes: Buffer.from(text, 'latin1'), mode: wanted };
  if (isSameState(before, after, root)) return undefined;
  assertWritable(edit, stats, root);
  return { path, before, after };
}

function stateOf(path: string, stats: Stats): FileState {
  const version = readVersion(path);
  return version.kind === 'absent' ? undefined : { bytes: version.bytes, mode: stats.mode & 0o7777 };
}

function isSameState(a: FileState, b: FileState, { effectiveUserId }: Root): boolean {
  if (a === undefined || b === undefined) return a === b;
  const isSameMode = a.mode === b.mode || effectiveUserId === undefined;
  return isSameMode && a.bytes.equals(b.bytes);
}

function assertWritable(edit: Edit, stats: Stats | undefined, { effectiveUserId }: Root): void {
  const { path } = edit;
  if (stats !== undefined && effectiveUserId !== undefined && stats.uid !== effectiveUserId) {
    throw unwritable(edit, `it belongs to user ${stats.uid}`);
  }
  // A rename needs no right to write the file, and to root every file is writable: the person who took the bit away
  // meant it.
  if (stats !== undefined && (stats.mode & 0o200) === 0) throw unwritable(edit, 'it is read-only');
  const target = resolveTarget(path);
  try {
    if (stats !== undefined) accessSync(target, constants.W_OK);
    accessSync(existingDirectory(dirname(target)), constants.W_OK | constants.X_OK);
  } catch (error) {
    if (edit.byHand === undefined) throw writeError(path, error);
    throw unwritable(edit, describe(error));
  }
}

function existingDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingDirectory(dirname(path));
}

function unwritable({ path, byHand = 'put that right, then run the command again' }: Edit, reason: string): AppError {
  return new AppError('storage-write-failed', `cannot write ${path}: ${reason}`, {
    hint: byHand,
    details: { path },
  });
}

/** Makes all changes or none. What needs room on the disk is done before the first of them. */
export function applyChanges(changes: readonly FileChange[], root: Root): void {
  const steps = prepareAll(changes, root);
  let done = 0;
  try {
    for (const step of steps) {
      step.commit();
      done += 1;
    }
  } catch (error) {
    for (const step of steps.slice(done)) step.discard();
    for (const change of changes.slice(0, done).reverse()) turnBack(change, root, error);
    throw error;
  }
}

interface Step {
  commit(): void;
  discard(): void;
}

function prepareAll(changes: readonly FileChange[], root: Root): Step[] {
  const steps: Step[] = [];
  try {
    for (const change of changes) steps.push(prepare(change, root));
  } catch (error) {
    for (const step of steps) step.discard();
    throw error;
  }
  return steps;
}

function prepare({ path, before, after }: FileChange, { processes }: Root): Step {
  const guard = () => assertUnchanged(path, before);
  if (after === undefined)
    return withoutPreparation(path, guard, (target) => {
      assertReplaceable(target);
      rmSync(target, { force: true });
    });
  if (before?.bytes.equals(after.bytes) === true) {
    return withoutPreparation(path, guard, (target) => changeMode(target, after.mode));
  }
  const target = resolveTarget(path);
  sweepTemporaries(dirname(target), processes, { file: basename(target) });
  const prepared = prepareFile({ path, content: after.bytes, mode: after.mode }, processes);
  return { commit: () => prepared.commit(guard), discard: () => prepared.discard() };
}

function withoutPreparation(path: string, guard: () => void, action: (target: string) => void): Step {
  return {
    commit() {
      guard();
      try {
        action(resolveTarget(path));
      } catch (error) {
        throw writeError(path, error);
      }
    },
    discard: () => undefined,
  };
}

function turnBack({ path, before, after }: FileChange, root: Root, cause: unknown): void {
  try {
    prepare({ path, before: after, after: before }, root).commit();
  } catch {
    throw new AppError('storage-write-failed', `${path} was changed and cannot be put back as it was`, {
      hint: 'codex-auth setup --undo',
      details: { path },
      cause,
    });
  }
}

/** An editor may have saved the file since the plan was made. */
function assertUnchanged(path: string, before: FileState): void {
  const expected = before === undefined ? ({ kind: 'absent' } as const) : versionOf(before.bytes);
  if (isSameVersion(readVersion(path), expected)) return;
  throw new AppError('storage-conflict', `another program changed ${path} at the same moment`, {
    hint: 'run the command again; nothing was changed',
    details: { path },
  });
}
