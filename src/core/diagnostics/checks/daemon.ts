import { findSame } from '../../accounts/identity.js';
import { type Check, judge, ok } from '../finding.js';
import { recordsOf } from './records.js';

/** CODEX.md §1.3: the background server keeps the account it was started with. */
export const daemonCheck: Check = {
  id: 'daemon',
  title: 'Background server',
  inspect(world) {
    const { daemon } = world.client;
    if (daemon === undefined) return ok('not running');
    const content = 'content' in world.authFile ? world.authFile.content : undefined;
    const account = content?.kind === 'login' ? findSame(recordsOf(world), content.login.identity) : undefined;
    const isOlder =
      account?.lastUsedAt !== undefined && daemon.startedAt !== undefined && daemon.startedAt < account.lastUsedAt;
    if (!isOlder) return ok(`pid ${daemon.pid}`);
    return judge(
      [
        {
          severity: 'warn',
          message: `the official client's server (pid ${daemon.pid}) was started before the last switch and may still use another account`,
          command: 'codex app-server daemon restart',
        },
      ],
      '',
    );
  },
};
