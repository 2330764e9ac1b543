import { createHash, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isJsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { readVersion, replaceFile } from '../storage/atomic-file.js';
import { takesNothing } from '../storage/file-place.js';
import type { Root } from '../storage/root.js';
import { isSameDirectory, realPath } from '../storage/same-directory.js';
import { readText } from '../storage/tolerant.js';

/*
 * One home can be seen under two paths: in a container, through a bind mount, after a rename. So a home is known by a
 * small file in it, and the home that the root lies in by holding the root; a path only says where a home was last
 * seen. Only where a home takes no file from us, it is known by its path.
 */

export const markerName = '.codex-auth-home';

/** The home that the root itself lies in. */
export const rootHomeId = 'root';

/** Which home a directory is; undefined while no login of this root was ever written there. */
export function homeIdAt(root: Pick<Root, 'paths'>, directory: string): string | undefined {
  return isRootHome(root, directory) ? rootHomeId : markerIn(directory);
}

/** Whether a directory is the home of this name. */
export function isHomeAt(root: Pick<Root, 'paths'>, directory: string, id: string): boolean {
  return (homeIdAt(root, directory) ?? pathId(directory)) === id;
}

/** The name of a home that takes no file from us. */
export function pathId(directory: string): string {
  return `path_${createHash('sha256').update(realPath(directory)).digest('hex').slice(0, 12)}`;
}

/** The directory of the home that the root lies in, if it lies in one. */
export function rootHomeDirectory({ paths }: Pick<Root, 'paths'>): string {
  return dirname(realPath(paths.root));
}

function isRootHome(root: Pick<Root, 'paths'>, directory: string): boolean {
  return isSameDirectory(rootHomeDirectory(root), directory);
}

function markerIn(directory: string): string | undefined {
  const version = readVersion(join(directory, markerName));
  if (version.kind === 'absent') return undefined;
  const marker = jsonIn(version.content);
  return isJsonObject(marker) && marker['version'] === 1 ? readText(marker['id']) : undefined;
}

/** Gives a directory a name of its own, for a home that has none, or that is a copy of another one. */
export function markHome(root: Pick<Root, 'processes'>, directory: string): string {
  if (takesNothing(directory)) return pathId(directory);
  const id = `home_${randomBytes(6).toString('hex')}`;
  replaceFile(
    { path: join(directory, markerName), content: `${JSON.stringify({ version: 1, id })}\n` },
    root.processes,
  );
  return id;
}
