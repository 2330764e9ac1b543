import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/core/clock.js';
import type { Provider } from './provider/start.js';

/** A home of its own for one test, with everything a command can reach inside it. */
export interface TestHome {
  readonly directory: string;
  readonly codexHome: string;
  readonly authFile: string;
  readonly root: string;
  readonly poolFile: string;
  /** Where commands run: no repository, unless the test makes one. */
  readonly cwd: string;
  /**
   * The time that commands go by unless the test holds another: that of the provider of this home, else the real one.
   */
  readonly clock: Clock;
  readonly variables: Readonly<Record<string, string>>;
}

/** Makes the directories of a home below `directory`, and the environment that keeps a command inside it. */
export function makeTestHome(directory: string, provider?: Provider): TestHome {
  const [home, codexHome, cwd] = ['person', 'codex', 'work'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [home, codexHome, cwd]) mkdirSync(each, { recursive: true });
  const root = join(codexHome, 'multi-auth');
  return {
    directory,
    codexHome,
    authFile: join(codexHome, 'auth.json'),
    root,
    poolFile: join(root, 'openai-codex-accounts.json'),
    cwd,
    clock: provider === undefined ? systemClock : { ...systemClock, now: () => provider.scenario.now() },
    variables: {
      HOME: home,
      CODEX_HOME: codexHome,
      PATH: process.env['PATH'] ?? '',
      TZ: 'UTC',
      COLUMNS: '120',
      // A list of commands that is empty: there is none to be started.
      BROWSER: ':',
      CODEX_AUTH_LOGIN_PORTS: '0',
      // Without a stand-in no request may be sent, and a switch would refresh what is about to end.
      ...(provider === undefined
        ? { CODEX_AUTH_REFRESH_AHEAD_MS: '0' }
        : { CODEX_AUTH_ISSUER: provider.issuer, CODEX_AUTH_BACKEND_URL: provider.backendUrl }),
    },
  };
}
