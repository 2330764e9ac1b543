import { findSame } from '../../accounts/identity.js';
import { whoseLogin } from '../../logins/surfaces.js';
import { recordsOf } from '../../pools/scope-records.js';
import { type Check, judge, ok } from '../finding.js';
import type { World } from '../world/world.js';

/** official-client.md#background-server: the background server keeps the account it was started with. */
export const daemonCheck: Check = {
  id: 'daemon',
  title: 'Background server',
  inspect(world) {
    const { daemon } = world.client;
    if (daemon === undefined) return ok('not running');
    const doubt = whatItKeeps(world, daemon);
    if (doubt === undefined) return ok(`pid ${daemon.pid}`);
    return judge(
      [
        {
          severity: 'warn',
          message: `the official client's server (pid ${daemon.pid}) ${doubt}`,
          command: 'codex app-server daemon restart',
        },
      ],
      '',
    );
  },
};

type Daemon = NonNullable<World['client']['daemon']>;

/** What it says itself counts; where it does not, a switch since its start makes another account likely. */
function whatItKeeps(world: World, { login, startedAt }: Daemon): string | undefined {
  const content = 'content' in world.authFile ? world.authFile.content : undefined;
  if (content?.kind !== 'login') return undefined;
  const account = findSame(recordsOf(world.scopes), content.login.identity);
  if (login !== undefined) {
    const kept = whoseLogin(login, account ?? content.login.identity);
    return kept === 'old' ? 'uses another account than the one that is stored' : undefined;
  }
  const isOlder = account?.lastUsedAt !== undefined && startedAt !== undefined && startedAt < account.lastUsedAt;
  return isOlder ? 'was started before the last switch and may still use another account' : undefined;
}
