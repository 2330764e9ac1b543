import { isAbsolute, resolve } from 'node:path';
import { homeOf } from '../environment.js';
import type { SetupPlace } from '../shell/setup-plan.js';
import { rootPaths } from '../storage/paths.js';
import type { Session } from './session.js';

/** Where `setup` puts things. A root that is relative in the environment would mean another place in every directory. */
export function setupPlace({ root, environment, platform, cwd }: Session): SetupPlace {
  const directory = root.paths.root;
  const paths = isAbsolute(directory) ? root.paths : rootPaths(resolve(cwd(), directory));
  const shells = { home: homeOf(environment) ?? '/', environment: environment.raw, isWindows: platform === 'win32' };
  return { root: { ...root, paths }, shells };
}
