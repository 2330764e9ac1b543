import type { Wiring } from './wiring.js';

/** What is wrong, as a clause, and the next thing to do. */
export interface WiringProblem {
  readonly message: string;
  readonly command: string;
}

const consequence = 'whose "codex auth logout" ends the login';

/**
 * official-client.md#revocation: on the official client `codex auth logout` runs the real logout, which revokes the
 * login.
 */
export function wiringProblem(wiring: Wiring): WiringProblem | undefined {
  if (wiring.kind === 'nothing') return undefined;
  if (wiring.kind === 'shim') return wiring.gone === undefined ? undefined : staleShim(wiring.path, wiring.gone);
  const reached = `"codex auth" reaches the official client (${wiring.path}), ${consequence}`;
  switch (wiring.because) {
    case 'not-installed':
      return { message: reached, command: 'codex-auth setup' };
    case 'not-on-path':
      return { message: `no shell has the shim on its PATH: ${reached}`, command: 'codex-auth setup' };
    case 'not-executable':
      return { message: `the shim cannot be executed: ${reached}`, command: 'codex-auth setup' };
    case 'older-shell':
      return { message: `this shell is older than the setup: ${reached}`, command: 'open a new terminal' };
    case 'not-first':
      return {
        message: `another directory comes before the shim on PATH: ${reached}`,
        command:
          'codex-auth setup --undo, then codex-auth setup, so that its lines come last in the files of your shell',
      };
  }
}

function staleShim(path: string, gone: string): WiringProblem {
  return { message: `${path} hands "codex auth" to ${gone}, which is gone`, command: 'codex-auth setup' };
}
