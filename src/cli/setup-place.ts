import { isAbsolute, resolve } from 'node:path';
import { homeOf } from '../core/environment.js';
import type { SetupPlace } from '../core/shell/setup-plan.js';
import { rootPaths } from '../core/storage/paths.js';
import type { Context } from './context.js';

/** Where `setup` puts things. A root that is relative in the environment would mean another place in every directory. */
export function setupPlace({ root, environment, machine }: Context): SetupPlace {
  const directory = root.paths.root;
  const paths = isAbsolute(directory) ? root.paths : rootPaths(resolve(machine.cwd, directory));
  const shells = {
    home: homeOf(environment) ?? '/',
    environment: environment.raw,
    isWindows: machine.platform === 'win32',
  };
  return { root: { ...root, paths }, shells };
}
