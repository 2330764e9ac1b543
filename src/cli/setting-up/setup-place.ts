import { requireHome } from '../../core/environment.js';
import { setupPlace } from '../../core/session/setup-place.js';
import type { SetupPlace } from '../../core/shell/setup-plan.js';
import type { Context } from '../program/context.js';
import { zshDirectory } from './new-shell.js';

/** Where `setup` may write: the files of the person's shells are nowhere without a home directory. */
export async function writableSetupPlace(context: Context): Promise<SetupPlace> {
  requireHome(context.environment);
  const place = setupPlace(context);
  const { environment } = place.shells;
  const ZDOTDIR = await zshDirectory(environment);
  return ZDOTDIR === undefined
    ? place
    : { ...place, shells: { ...place.shells, environment: { ...environment, ZDOTDIR } } };
}
