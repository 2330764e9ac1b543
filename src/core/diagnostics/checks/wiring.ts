import { type Check, judge, ok } from '../finding.js';

/** CODEX.md §1.2: on the official client `codex auth logout` runs the real logout, which revokes the login. */
export const wiringCheck: Check = {
  id: 'wiring',
  title: 'codex auth',
  inspect({ client }) {
    if (client.path === undefined) return ok('there is no codex on PATH');
    if (client.isOurShim) return ok('reaches this program');
    return judge(
      [
        {
          severity: 'warn',
          message: `"codex auth …" reaches the official client (${client.path}), where "codex auth logout" ends the login`,
          command: 'type codex-auth, with a hyphen',
        },
      ],
      '',
    );
  },
};
