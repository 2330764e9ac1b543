import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listDirectory, makePrivateDirectory, replaceFile, writeError } from './atomic-file.js';
import type { Root } from './root.js';

/** How `remove` names the copy of an account, which says that the person wanted it gone. */
export const removedAccountStem = 'removed-account';

/** Keeps a whole file that has to make way, readable by its owner only. Returns the path of the copy. */
export function keepAside(root: Root, stem: string, content: string | Uint8Array): string {
  const path = placeFor(root, stem);
  replaceFile({ path, content }, root.processes);
  return path;
}

/** The same for a file that nobody may be able to read: it is moved as it is. */
export function moveAside(root: Root, stem: string, from: string): string {
  const path = placeFor(root, stem);
  try {
    renameSync(from, path);
    return path;
  } catch (error) {
    throw writeError(from, error);
  }
}

function placeFor(root: Root, stem: string): string {
  makePrivateDirectory(root.paths.kept);
  const time = new Date(root.clock.now()).toISOString().replace(/[:.]/g, '-');
  return unusedPath(join(root.paths.kept, `${stem}-${time}`));
}

/** Removes the older ones of the copies under this stem: for what is kept at every change of one file. */
export function keepNewest({ paths }: Pick<Root, 'paths'>, stem: string, count: number): void {
  const copies = listDirectory(paths.kept).filter((name) => isKeptName(name) && name.startsWith(`${stem}-2`));
  for (const name of copies.sort().slice(0, -count)) rmSync(join(paths.kept, name), { force: true });
}

/** Whether a file of this name is one that {@link keepAside} has made. */
export function isKeptName(name: string): boolean {
  return /^[a-z]+(-[a-z]+)*-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(-\d+)?\.json$/.test(name);
}

function unusedPath(base: string): string {
  let path = `${base}.json`;
  for (let copy = 2; existsSync(path); copy += 1) path = `${base}-${copy}.json`;
  return path;
}
