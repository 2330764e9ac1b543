import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { authFileIn, type CodexHome, codexHomeAt } from '../codex/home.js';
import { readLoginVersion } from '../codex/official-login.js';
import { privateHomeAt } from '../codex/private-home.js';
import { AppError, orInstead } from '../errors.js';
import type { Root } from '../storage/root.js';
import { isSameDirectory } from '../storage/same-directory.js';
import type { HomePlace } from './links.js';
import { homeIdAt, isHomeAt, pathId, rootHomeDirectory, rootHomeId } from './marker.js';
import { type HomeRecord, readHomes } from './registry.js';

export interface KnownHome {
  readonly record: HomeRecord;
  readonly home: CodexHome;
}

/** The homes of the official client that hold, or may hold, logins of this root. */
export interface Homes {
  /** The home that this run is about, whether the registry has it or not. */
  readonly current: CodexHome;
  /** The others, as far as they can be read now. */
  readonly others: readonly KnownHome[];
  /** Those that cannot be read now: what lives there is unknown, and never counts as free. */
  readonly unreachable: readonly HomeRecord[];
}

/** Throws as {@link readHomes} does. */
export function findHomes(root: Root, current: CodexHome): Homes {
  const others: KnownHome[] = [];
  const unreachable: HomeRecord[] = [];
  for (const record of readHomes(root)) {
    if (isCurrent(root, current, record) || isGone(root, record)) continue;
    const home = homeOf(root, record);
    if (home === undefined) unreachable.push(record);
    else others.push({ record, home });
  }
  const shared = sharedHome(root, current);
  const isKnown = others.some(
    ({ home }) => shared !== undefined && isSameDirectory(home.directory, shared.home.directory),
  );
  return { current, others: shared === undefined || isKnown ? others : [...others, shared], unreachable };
}

/** The person's home that a private home shares: it may hold a login of ours that this program never wrote there. */
function sharedHome(root: Root, current: CodexHome): KnownHome | undefined {
  const directory = privateHomeAt(current.directory)?.shares;
  if (directory === undefined || !isDirectory(directory)) return undefined;
  const id = homeIdAt(root, directory) ?? pathId(directory);
  return { record: { id, path: directory, kind: 'own', writtenAt: 0 }, home: codexHomeAt(directory) };
}

/** The same for commands that only show: a registry that cannot be read hides the other homes, not the accounts. */
export function findHomesForDisplay(root: Root, current: CodexHome): Homes & { readonly problem?: string } {
  return orInstead(
    () => findHomes(root, current),
    ({ message }) => ({ current, others: [], unreachable: [], problem: message }),
  );
}

/** All homes that can be read, the current one first. */
export function reachableHomes({ current, others }: Homes): CodexHome[] {
  return [current, ...others.map(({ home }) => home)];
}

/** Where the other homes are, those that cannot be read included. */
export function otherPlaces({ others, unreachable }: Homes): HomePlace[] {
  const away = unreachable.flatMap(({ path }) => path ?? []);
  return [
    ...others.map(({ home }) => home),
    ...away.map((directory) => ({ directory, authFile: authFileIn(directory) })),
  ];
}

/** Whether this record is about the home of this run, and not about one that it was copied from. */
export function isCurrent(root: Root, current: CodexHome, record: HomeRecord): boolean {
  if (!isHomeAt(root, current.directory, record.id)) return false;
  const isElsewhere =
    record.path !== undefined &&
    !isSameDirectory(record.path, current.directory) &&
    isDirectory(record.path) &&
    isHomeAt(root, record.path, record.id);
  return !isElsewhere;
}

/** A private home, and the home that the root lies in, are found from the root, also after the root has moved. */
function directoryOf(root: Root, { id, kind, path }: HomeRecord): string | undefined {
  if (id === rootHomeId) return rootHomeDirectory(root);
  return kind === 'private' && path !== undefined ? join(root.paths.privateHomes, basename(path)) : path;
}

/**
 * A private home is on no other disk than the root. Where its directory is missing, or is another home by now, it has
 * been removed, and no login is in it any more.
 */
function isGone(root: Root, record: HomeRecord): boolean {
  const directory = directoryOf(root, record);
  if (record.kind !== 'private' || directory === undefined) return false;
  // A home whose marker cannot be read counts as there.
  const isThere = () => existsSync(directory) && isHomeAt(root, directory, record.id);
  return !orInstead(isThere, () => true);
}

function homeOf(root: Root, record: HomeRecord): CodexHome | undefined {
  const directory = directoryOf(root, record);
  if (directory === undefined || !isDirectory(directory)) return undefined;
  try {
    if (!isHomeAt(root, directory, record.id)) return undefined;
    const home = codexHomeAt(directory);
    readLoginVersion(home);
    return home;
  } catch (error) {
    // The home is another user's, its keyring is out of reach, or its disk fails: its login is not known now.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // It cannot be looked at, so that no home can be read there.
    return false;
  }
}
