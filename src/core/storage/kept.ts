import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toIso } from '../instant.js';
import { listDirectory, makePrivateDirectory, replaceFile } from './atomic-file.js';
import { writeError } from './file-errors.js';
import type { Root } from './root.js';

/** How `remove` names the copy of an account, which says that the person wanted it gone. */
export const removedAccountStem = 'removed-account';

/** Keeps a whole file that has to make way, readable by its owner only. Returns the path of the copy. */
export function keepAside(root: Root, stem: string, content: string | Uint8Array, directory = root.paths.kept): string {
  const path = placeFor(root, stem, directory);
  replaceFile({ path, content }, root.processes);
  return path;
}

/** As {@link keepAside}, for a file that perhaps cannot be read: it is moved as it is. */
export function moveAside(root: Root, stem: string, from: string): string {
  const path = placeFor(root, stem, root.paths.kept);
  try {
    renameSync(from, path);
    return path;
  } catch (error) {
    throw writeError(from, error);
  }
}

function placeFor(root: Root, stem: string, directory: string): string {
  makePrivateDirectory(directory);
  const time = toIso(root.clock.now()).replace(/[:.]/g, '-');
  return join(directory, unusedName(`${stem}-${time}`, listDirectory(directory)));
}

/** Removes the older ones of the copies under this stem: for what is kept at every change of one file. */
export function keepNewest(directory: string, stem: string, count: number): void {
  const copies = listDirectory(directory).filter((name) => isKeptName(name) && name.startsWith(`${stem}-2`));
  for (const name of copies.sort(byAge).slice(0, -count)) rmSync(join(directory, name), { force: true });
}

/** The order in which files under one stem were kept: by their time, and within one millisecond by their number. */
export function byAge(a: string, b: string): number {
  const [timeA, timeB] = [a, b].map((name) => name.replace(/(?:-\d+)?\.json$/, '')) as [string, string];
  return timeA === timeB ? copyNumber(a) - copyNumber(b) : timeA < timeB ? -1 : 1;
}

/** Whether a file of this name is one that {@link keepAside} has made. */
export function isKeptName(name: string): boolean {
  return /^[a-z]+(-[a-z]+)*-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(-\d+)?\.json$/.test(name);
}

/** Numbered after the last name of the same millisecond: {@link byAge} puts it last even where some have gone. */
function unusedName(base: string, names: readonly string[]): string {
  const others = names.filter((name) => name === `${base}.json` || name.startsWith(`${base}-`));
  const last = others.sort(byAge).at(-1);
  return last === undefined ? `${base}.json` : `${base}-${copyNumber(last) + 1}.json`;
}

function copyNumber(name: string): number {
  return Number(/Z-(\d+)\.json$/.exec(name)?.[1] ?? '1');
}
