import { dirname } from 'node:path';
import { repositoryAt } from '../project/git.js';
import { resolveProjectStorageIdentityRoot } from '../project/identity.js';
import { realPath } from '../storage/same-directory.js';
import type { Binding } from './binding.js';

/** What a binding is about: a project with all its worktrees, or a directory. */
export type BoundPlace = Pick<Binding, 'directory' | 'commonDir'>;

/**
 * The project that a directory belongs to, as pools have it; outside of every project, the directory itself. Undefined for
 * the person's home and what is above it: nobody means all of that by "here".
 */
export function placeAround(directory: string, home: string): BoundPlace | undefined {
  const project = resolveProjectStorageIdentityRoot(directory, { home });
  if (project.kind === 'project') return { directory: project.root, commonDir: project.commonDir };
  return project.kind === 'none' && project.reason === 'home' ? undefined : { directory: realPath(directory) };
}

/**
 * A directory as it is named: the project where it is the top of a working tree, else just what is in it. Undefined where
 * there is no such directory.
 */
export function placeAt(directory: string, home: string): BoundPlace | undefined {
  const real = realPath(directory);
  const project = resolveProjectStorageIdentityRoot(directory, { home });
  if (project.kind === 'none' && project.reason === 'no-directory') return undefined;
  const isTop = project.kind === 'project' && [project.workTree, project.root].includes(real);
  return isTop ? { directory: project.root, commonDir: project.commonDir } : { directory: real };
}

/** The binding that counts in a directory: that of the nearest one around it. */
export function bindingAt(bindings: readonly Binding[], directory: string): Binding | undefined {
  if (bindings.length === 0) return undefined;
  for (let place = realPath(directory); ; place = dirname(place)) {
    const found = bindings.find((each) => each.directory === place) ?? bindingOfRepository(bindings, place);
    if (found !== undefined || dirname(place) === place) return found;
  }
}

/** A worktree, and a checkout whose repository is kept elsewhere, are not below the directory of their project. */
function bindingOfRepository(bindings: readonly Binding[], directory: string): Binding | undefined {
  const repository = repositoryAt(directory);
  if (repository.kind !== 'found') return undefined;
  return bindings.find(({ commonDir }) => commonDir === repository.commonDir);
}
