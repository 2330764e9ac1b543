import { findSame } from '../../accounts/identity.js';
import { whoseLogin } from '../../logins/surfaces.js';
import { recordsOf } from '../../pools/scope-records.js';
import { wiringProblem } from '../../shell/wiring.js';
import { type Check, found, judge, ok, warning } from '../finding.js';
import type { World } from '../world/world.js';

/** Older clients write auth.json in place and without locks (official-client.md#locks). */
const firstAtomicVersion = [0, 169] as const;

export const clientCheck: Check = {
  id: 'client',
  title: 'Official client',
  inspect({ client }) {
    if (client.path === undefined) return ok('not on PATH');
    if (client.version === undefined) {
      const message = `${client.path} does not tell its version`;
      return found(warning(message, 'install it again: npm install -g @openai/codex'));
    }
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(client.version) ?? [];
    const isOld = Number(major) === firstAtomicVersion[0] && Number(minor) < firstAtomicVersion[1];
    if (!isOld) return ok(client.version);
    return found(
      warning(
        `${client.version} rewrites auth.json in place, so that a switch at the same moment can lose a login`,
        'update it: npm install -g @openai/codex',
      ),
    );
  },
};

/** official-client.md#background-server: the background server keeps the account it was started with. */
export const daemonCheck: Check = {
  id: 'daemon',
  title: 'Background server',
  inspect(world) {
    const { daemon } = world.client;
    if (daemon === undefined) return ok('not running');
    const doubt = whatItKeeps(world, daemon);
    if (doubt === undefined) return ok(`pid ${daemon.pid}`);
    return found(
      warning(`the official client's server (pid ${daemon.pid}) ${doubt}`, 'codex app-server daemon restart'),
    );
  },
};

type Daemon = NonNullable<World['client']['daemon']>;

/** Why the server may use another account: it says so itself, or does not answer and is older than the last switch. */
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

export const wiringCheck: Check = {
  id: 'wiring',
  title: 'codex auth',
  inspect({ client: { wiring } }) {
    if (wiring.kind === 'nothing') return ok('there is no codex on PATH');
    const problem = wiringProblem(wiring);
    return judge(problem === undefined ? [] : [{ severity: 'warn', ...problem }], 'reaches this program');
  },
};

/** flock(2) is what keeps a refresh of the client and a switch apart (official-client.md#locks). */
export const fileLockingCheck: Check = {
  id: 'file-locking',
  title: 'Lock helper',
  inspect({ client, root }) {
    if (root.effectiveUserId === undefined || client.flockHelpers.length > 0) {
      return judge([], client.flockHelpers.join(', ') || 'not used on this system');
    }
    const message =
      'neither flock nor perl is installed: a refresh of the client at the instant of a switch can be lost';
    return found(warning(message, 'install util-linux or perl'));
  },
};
