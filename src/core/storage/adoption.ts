import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../errors.js';
import { listDirectory } from './atomic-file.js';
import { poolFileName, type RootPaths, shimMarkName } from './paths.js';
import { assertOwner, type Root } from './root.js';
import { holdsOnlyTraces } from './traces.js';

/**
 * Throws as {@link assertOwner}, and `confirmation-needed` for a directory that the person has named and that holds other
 * people's things: made the root, it would be closed to everybody else, and our files would lie between theirs.
 */
export function assertOurs(root: Root): void {
  assertOwner(root);
  const problem = whyNotOurs(root);
  if (problem !== undefined) throw problem;
}

/** What {@link assertOurs} throws about other people's things, as an answer. The owner is not looked at here. */
export function whyNotOurs(root: Root): AppError | undefined {
  if (root.mayAdopt === undefined || root.mayAdopt()) return undefined;
  const { root: path } = root.paths;
  const things = foreignThings(root.paths);
  if (things.length === 0) return undefined;
  return new AppError('confirmation-needed', `${path} holds ${nameSome(things)}, and nothing of this program`, {
    hint: `name a directory for the accounts alone: CODEX_MULTI_AUTH_DIR='${join(path, 'codex-auth')}'`,
    details: { foreignRoot: path },
  });
}

/** The directory that {@link assertOurs} has refused to take. */
export function refusedRoot(error: unknown): string | undefined {
  const path = error instanceof AppError ? error.details?.['foreignRoot'] : undefined;
  return typeof path === 'string' ? path : undefined;
}

/** The names of what is not ours in the root. None where something shows that it has been our root before. */
export function foreignThings(paths: RootPaths): string[] {
  if (hasBeenRoot(paths)) return [];
  const names = listDirectory(paths.root).filter((name) => !isNeutral(name));
  const strange = names.filter((name) => !isOurName(paths, name));
  return strange.length > 0 ? strange : names.filter((name) => !holdsOnlyTraces(paths, join(paths.root, name)));
}

/** Told by names that no other program uses; `settings.json`, `bin` and `projects` alone prove nothing. */
function hasBeenRoot(paths: RootPaths): boolean {
  const { globalPool, globalFlagged, accountState, journal, lineageLog, locks, settings, bin, projects } = paths;
  const signs = [globalPool, globalFlagged, accountState, journal, lineageLog, join(bin, shimMarkName)];
  const hasSettings = existsSync(settings) && existsSync(locks);
  const hasProjects = () => listDirectory(projects).some((key) => existsSync(join(projects, key, poolFileName)));
  return hasSettings || signs.some((sign) => existsSync(sign) || existsSync(`${sign}.bak`)) || hasProjects();
}

function isOurName({ root, ...places }: RootPaths, name: string): boolean {
  const ours = Object.values(places).map((path: string) => basename(path));
  return ours.some((each) => name === each || name.startsWith(`${each}.`) || name.startsWith(`.${each}.`));
}

/** What a file system or a desktop puts into every directory by itself. */
function isNeutral(name: string): boolean {
  return name === 'lost+found' || name === '.DS_Store';
}

const shown = 3;

function nameSome(things: readonly string[]): string {
  const rest = things.length - shown;
  return `${things.slice(0, shown).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
