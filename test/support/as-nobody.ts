import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestHome } from './cli.js';
import { builtProject, type ProgramOptions } from './program-process.js';

const nobody = 65_534;

/**
 * How to run the program as a user who could do no harm to this machine, and who owns the home; where the tests do not
 * run as root, that is the user who runs them. Files of the home that are to belong to another user must be given to
 * that one after this call.
 */
export function asNobody(home: TestHome): ProgramOptions {
  if (process.getuid?.() !== 0) return {};
  const project = join(home.directory, 'program');
  mkdirSync(project);
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(builtProject(), name), join(project, name), { recursive: true });
  }
  // Never through a link, as those of a home of runs, which lead round in circles.
  spawnSync('chown', ['-RhP', `${nobody}:${nobody}`, home.directory]);
  const user = ['setpriv', '--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
  // Nothing is started as root.
  return { project, prefix: [...user, 'sh', '-c', '[ "$(id -u)" != 0 ] || exit 97; exec "$@"', 'sh'] };
}
