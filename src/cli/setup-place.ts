import { isAbsolute, resolve } from 'node:path';
import { homeOf, requireHome } from '../core/environment.js';
import type { SetupPlace } from '../core/shell/setup-plan.js';
import { rootPaths } from '../core/storage/paths.js';
import type { Context } from './context.js';
import { zshDirectory } from './new-shell.js';

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

/** The same for whoever writes to the files of the person's shells, which are nowhere without a home directory. */
export async function writableSetupPlace(context: Context): Promise<SetupPlace> {
  requireHome(context.environment);
  const place = setupPlace(context);
  const { environment } = place.shells;
  const ZDOTDIR = await zshDirectory(environment);
  return ZDOTDIR === undefined
    ? place
    : { ...place, shells: { ...place.shells, environment: { ...environment, ZDOTDIR } } };
}
