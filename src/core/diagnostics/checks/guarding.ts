import type { InstalledService } from '../../service/installed.js';
import { type Check, found, ok, skipped, warning } from '../finding.js';

const again = 'codex-auth guard --install';

/** Without this check nobody notices a guard that has died, until a login that was not used has ended. */
export const guardCheck: Check = {
  id: 'guard',
  title: 'Guard',
  inspect({ locks, guardService }) {
    const guard = locks.find(({ name }) => name === 'guard');
    if (guard?.state === 'alive') return ok(`runs as pid ${guard.owner?.pid}`);
    if (guard !== undefined && guard.state !== 'dead') return skipped('its lock cannot be judged, see Locks');
    if (guardService === undefined) return ok('not in use');
    return found(warning(whyNot(guardService), guardService.gone === undefined ? 'codex-auth guard --status' : again));
  },
};

function whyNot({ file, gone }: InstalledService): string {
  if (gone !== undefined) return `nothing guards these accounts: the program of the guard's service is gone: ${gone}`;
  return `nothing guards these accounts now, although a service is installed for that: ${file}`;
}
