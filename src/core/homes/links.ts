import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { CodexHome } from '../codex/home.js';
import { loginStoreKind } from '../codex/official-login.js';
import { resolveTarget } from '../storage/atomic-file.js';
import { isSameDirectory } from '../storage/same-directory.js';
import { markerName } from './marker.js';

/*
 * A login that two homes want stands in one file: the other home has a link to it. The official client follows the link,
 * locks and replaces its target, and leaves the link in place. A link that leads elsewhere is the person's own.
 */

/** Where a home is, and its credential file. */
export type HomePlace = Pick<CodexHome, 'directory' | 'authFile'>;

/** The one of these homes into which the credential file of a home is linked; undefined where it is a file of its own. */
export function linkedInto<H extends HomePlace>(home: CodexHome, homes: readonly H[]): H | undefined {
  if (loginStoreKind(home) !== 'file') return undefined;
  const target = linkTarget(home.authFile);
  if (target === undefined) return undefined;
  return homes.find(
    ({ directory, authFile }) =>
      directory !== home.directory &&
      basename(target) === basename(authFile) &&
      isSameDirectory(dirname(target), directory),
  );
}

/** The homes among these whose credential file is a link to that of this one. */
export function homesLinkedTo(home: CodexHome, homes: readonly CodexHome[]): CodexHome[] {
  return homes.filter((each) => linkedInto(each, [home]) !== undefined);
}

/** Homes that share a file count once, by the one whose file it is. */
export function withoutLinked(homes: readonly CodexHome[]): CodexHome[] {
  return homes.filter((home) => linkedInto(home, homes) === undefined);
}

/** The file that a new login of this home replaces: never one that a link of ours leads to. */
export function ownFile(home: CodexHome, homes: readonly HomePlace[]): string {
  return isLent(home, homes) ? home.authFile : resolveTarget(home.authFile);
}

/** Whether a link leads to the login of another home: one of these, or one that another root has given its name. */
export function isLent(home: CodexHome, homes: readonly HomePlace[]): boolean {
  if (linkedInto(home, homes) !== undefined) return true;
  const target = loginStoreKind(home) === 'file' ? linkTarget(home.authFile) : undefined;
  return target !== undefined && dirname(target) !== home.directory && existsSync(join(dirname(target), markerName));
}

/** The path that a symbolic link names, without following it further. */
function linkTarget(path: string): string | undefined {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    // The home is no directory, or may not be entered. Reading its credential file reports that.
    return undefined;
  }
}
