import { type Check, judge, ok } from '../finding.js';

/** Older clients write auth.json in place and without locks (official-client.md#locks). */
const firstAtomicVersion = [0, 169] as const;

export const clientCheck: Check = {
  id: 'client',
  title: 'Official client',
  inspect({ client }) {
    if (client.path === undefined) return ok('not on PATH');
    if (client.version === undefined) {
      const message = `${client.path} does not tell its version`;
      return judge([{ severity: 'warn', message, command: 'install it again: npm install -g @openai/codex' }], '');
    }
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(client.version) ?? [];
    const isOld = Number(major) === firstAtomicVersion[0] && Number(minor) < firstAtomicVersion[1];
    if (!isOld) return ok(client.version);
    return judge(
      [
        {
          severity: 'warn',
          message: `${client.version} rewrites auth.json in place, so that a switch at the same moment can lose a login`,
          command: 'update it: npm install -g @openai/codex',
        },
      ],
      '',
    );
  },
};
