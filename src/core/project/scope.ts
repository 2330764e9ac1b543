import { AppError } from '../errors.js';
import type { BrokenRepository } from './git.js';
import { seenFrom } from './git-dir.js';
import { type ProjectResolution, resolveProjectStorageIdentityRoot } from './identity.js';

/** The global options `--global` and `--project <dir>`. */
export interface ScopeRequest {
  readonly global?: boolean | undefined;
  readonly project?: string | undefined;
  /** How the command line spells the two; default: as above. */
  readonly spelling?: { readonly global: string; readonly project: string };
}

/** Whose accounts a command is about. `legacyKeys` name pools that belong into this project's. */
export type Scope =
  | { readonly kind: 'global' }
  | { readonly kind: 'project'; readonly key: string; readonly root: string; readonly legacyKeys: readonly string[] };

/** Pass it to {@link scopeForReading} or {@link scopeForWriting}: they differ where the repository is broken. */
export type ScopeChoice = Scope | BrokenRepository;

export interface ScopeSetting {
  readonly perProjectAccounts: boolean;
}

/** {@link chooseScope} for `--project`, relative to `cwd`, or else for `cwd` itself. Both directories are absolute. */
export function locateScope(
  request: ScopeRequest,
  setting: ScopeSetting,
  { cwd, home }: { readonly cwd: string; readonly home: string },
): ScopeChoice {
  const directory = request.project === undefined ? cwd : seenFrom(cwd, request.project);
  return chooseScope(request, setting, resolveProjectStorageIdentityRoot(directory, { home }));
}

/**
 * In this order: `--global`, then `--project`, then the project one is in if the setting is on, then global.
 * `resolution` is that of `--project` when given. Throws `usage` for options that contradict each other and for a
 * `--project` that is no project.
 */
export function chooseScope(request: ScopeRequest, setting: ScopeSetting, resolution: ProjectResolution): ScopeChoice {
  const { project } = request;
  if (request.global && project !== undefined) {
    throw new AppError('usage', '--global and --project exclude each other', { hint: 'use one of the two' });
  }
  if (project === '') {
    const { global, project: option } = request.spelling ?? standardSpelling;
    throw new AppError('usage', `${option} needs a directory, but got an empty name`, {
      hint: `name a directory, or use ${global}`,
    });
  }
  if (request.global || (project === undefined && !setting.perProjectAccounts)) return { kind: 'global' };
  if (resolution.kind === 'none') {
    if (project !== undefined) throw notAProject(project, resolution.reason, request.spelling);
    return { kind: 'global' };
  }
  if (resolution.kind === 'broken') {
    return { kind: 'broken', gitPath: resolution.gitPath, reason: resolution.reason };
  }
  const { key, root } = resolution;
  return {
    kind: 'project',
    key,
    root,
    get legacyKeys() {
      return resolution.legacy.map((place) => place.key);
    },
  };
}

/** A reading command falls back to the global pool at a broken repository and shows `warning`. */
export function scopeForReading(choice: ScopeChoice): { readonly scope: Scope; readonly warning?: string } {
  if (choice.kind !== 'broken') return { scope: choice };
  return { scope: { kind: 'global' }, warning: `${brokenMessage(choice)}; using the global accounts` };
}

/** A writing command does not guess which pool was meant: throws `broken-project` at a broken repository. */
export function scopeForWriting(choice: ScopeChoice): Scope {
  if (choice.kind !== 'broken') return choice;
  throw new AppError('broken-project', brokenMessage(choice), {
    hint: 'add --global to use the global accounts, or repair the repository',
    details: { gitPath: choice.gitPath },
  });
}

function brokenMessage({ gitPath, reason }: BrokenRepository): string {
  return `cannot tell which project this is: ${gitPath} is not usable, ${reason}`;
}

type NoProject = Extract<ProjectResolution, { kind: 'none' }>['reason'];

const noProjectBecause: Record<NoProject, string> = {
  'no-directory': 'there is no such directory',
  'no-repository': 'it is not inside a Git repository',
  home: 'the home directory and those above it are never a project',
};

const standardSpelling = { global: '--global', project: '--project' };

function notAProject(directory: string, reason: NoProject, spelling = standardSpelling): AppError {
  const message = `${spelling.project} ${directory}: ${noProjectBecause[reason]}`;
  if (reason === 'no-directory') {
    return new AppError('usage', message, { hint: `name a directory that exists, or use ${spelling.global}` });
  }
  const hint = `use ${spelling.global}: outside a repository there are only global accounts`;
  return new AppError('usage', message, { hint });
}
