import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { configFiles } from '../codex/config-files.js';
import { authFileIn, type CodexHome } from '../codex/home.js';
import { markerName } from '../homes/marker.js';
import { readHomes } from '../homes/registry.js';
import { listDirectory } from '../storage/atomic-file.js';
import { scopeFiles } from '../storage/paths.js';
import type { Root } from '../storage/root.js';

/*
 * Everything that a roster is read from, except `account-state.json`, which is read each time. As long as none
 * of it has changed, neither has the roster (docs/decisions/043-index.md).
 */

/** What a path led to at one moment. */
export interface Input {
  readonly path: string;
  /** Differs for other content: device, inode, kind, size and the two times, as far as they count; or `absent`. */
  readonly print: string;
  /** Absent where nothing is at the path, or where only the place counts. */
  readonly dated?: Dated;
}

export interface Dated {
  readonly device: bigint;
  /** The later of the two times, milliseconds since the epoch. */
  readonly changedAt: number;
}

/** How a path is looked at: by what is in it, or only by whether it is the same file or directory. */
type Look = 'content' | 'place';

/** The paths that every index of a root and a home begins with. */
export function fixedPaths({ paths }: Pick<Root, 'paths'>, home: CodexHome): readonly (readonly [string, Look])[] {
  const { globalPool, globalFlagged, projects, journal, homes, lineageLog } = paths;
  const marker = join(home.directory, markerName);
  const content = [globalPool, globalFlagged, projects, home.authFile, journal, homes, marker];
  const places = [home.directory, lineageLog];
  return [...content.map((path) => [path, 'content'] as const), ...places.map((path) => [path, 'place'] as const)];
}

/** The other paths: of each project, and of each home that logins were written to. Throws as `readHomes` does. */
export function furtherPaths(root: Root): readonly (readonly [string, Look])[] {
  const { paths } = root;
  const ofProjects = listDirectory(paths.projects).flatMap((key) => {
    const { pool, flagged } = scopeFiles(paths, key);
    return [
      [join(paths.projects, key), 'place'] as const,
      ...[pool, flagged].map((path) => [path, 'content'] as const),
    ];
  });
  const ofHomes = readHomes(root).flatMap(({ path }) =>
    path === undefined ? [] : [path, join(paths.privateHomes, basename(path))].flatMap(pathsOfHome),
  );
  return [...ofProjects, ...ofHomes];
}

function pathsOfHome(directory: string): (readonly [string, Look])[] {
  const files = [authFileIn(directory), join(directory, markerName), ...configFiles(directory)];
  return [[directory, 'place'], ...files.map((path) => [path, 'content'] as const)];
}

/** Undefined for what cannot be looked at. */
export function lookAt(path: string, look: Look): Input | undefined {
  try {
    const own = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (own === undefined) return { path, print: 'absent' };
    if (!own.isSymbolicLink()) return inputOf(path, look, own);
    // A link that leads nowhere counts by itself. A private home has such links to files that the person's home lacks.
    return inputOf(path, look, statSync(path, { bigint: true, throwIfNoEntry: false }) ?? own);
  } catch {
    // It is in a directory that is closed to us, for instance. Reading it reports the error.
    return undefined;
  }
}

function inputOf(path: string, look: Look, { dev, ino, mode, size, mtimeNs, ctimeNs }: BigIntStats): Input {
  if (look === 'place') return { path, print: [dev, ino, mode >> 12n].join(' ') };
  const changedAt = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
  return { path, print: [dev, ino, mode, size, mtimeNs, ctimeNs].join(' '), dated: { device: dev, changedAt } };
}
