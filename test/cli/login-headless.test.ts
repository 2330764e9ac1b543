import { hostname } from 'node:os';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { otherWays } from '../../src/cli/sign-in/browser-sign-in.js';
import { hasScreen } from '../../src/cli/terminal/browser.js';
import { readEnvironment } from '../../src/core/environment.js';
import { type CliOptions, createTestHome, runCli } from '../support/cli.js';
import { loginIn, withoutOverrides } from '../support/login-home.js';
import { withLogin } from '../support/manual-login.js';
import { alice, bob } from '../support/people-refs.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const ways = '  codex-auth login --device-auth\n  codex-auth login --manual\n\n';

describe('a login where no browser can be', () => {
  /** No variable that would name a screen; the tests' own `BROWSER` is left out. */
  const nowhere: CliOptions = { platform: 'linux', variables: { BROWSER: '', DISPLAY: '', WAYLAND_DISPLAY: '' } };

  async function signInAt(options: CliOptions) {
    const home = createTestHome(provider);
    const result = await withLogin(
      home,
      provider,
      async ({ callbackUrlOf, get }) => {
        const { pathname, search } = new URL(await callbackUrlOf(alice));
        await get(pathname + search);
      },
      [],
      options,
    );
    return { home, ...result };
  }

  test('names the other ways at once, before it waits', async () => {
    const { exitCode, stderr } = await signInAt(nowhere);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`No browser could be started here: use one of these instead\n\n${ways}Waiting`);
  });

  test('shows over ssh how to come back, with the name of this machine', async () => {
    const variables = { ...nowhere.variables, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 2222', USER: 'alice' };
    const { stderr } = await signInAt({ ...nowhere, variables });
    const [, port] = /ssh -L (\d+):/.exec(stderr) ?? [];
    expect(stderr).toContain(`\n  ssh -L ${port}:127.0.0.1:${port} -p 2222 alice@${hostname()}\n`);
  });

  test('takes the address that is pasted while it waits, after others that are none of its own', async () => {
    const home = createTestHome(provider);
    const stdin = new PassThrough();
    const { exitCode, stderr } = await withLogin(
      home,
      provider,
      async ({ callbackUrlOf }) => {
        stdin.write('\nhello\nhttp://127.0.0.1:1/auth/callback?code=x&state=other\n');
        stdin.write(`${await callbackUrlOf(bob)}\n`);
      },
      [],
      { ...nowhere, terminal: { columns: 200 }, stdin },
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('open the address in one anywhere, and paste here the address that it ends on; or use');
    expect(stderr).toContain('that is not the address of a finished sign-in; paste the whole address');
    expect(stderr).toContain('that address belongs to another login');
    expect(loginIn(home)['account_id']).toBe(bob.accountId);
  });

  test('ends with what the provider refused in the address that is pasted', async () => {
    const stdin = new PassThrough();
    const { exitCode, stderr } = await withLogin(
      createTestHome(provider),
      provider,
      async ({ callbackUrlOf }) => stdin.write(`${await callbackUrlOf({ ...alice, deny: true })}\n`),
      [],
      { ...nowhere, terminal: { columns: 200 }, stdin },
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('codex-auth login');
  });

  test('is refused at once on a build server, where nobody would read what it waits for', async () => {
    const home = createTestHome(provider);
    const { exitCode, stderr } = await runCli(home, ['login'], {
      ...nowhere,
      variables: { ...nowhere.variables, CI: 'true' },
    });
    const message =
      'error: no browser can come back here, and nobody is at a terminal\n  → codex-auth login --device-auth';
    expect([exitCode, withoutOverrides(stderr)]).toEqual([1, expect.stringContaining(message)]);
  });

  test('does not wait for a paste where there is no terminal: an input that ends is no end of the login', async () => {
    expect((await signInAt({ ...nowhere, stdin: 'hello\n' })).exitCode).toBe(0);
  });
});

test.each<[Record<string, string>, NodeJS.Platform, boolean]>([
  [{}, 'linux', false],
  [{ DISPLAY: ':0' }, 'linux', true],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', true],
  [{ BROWSER: 'w3m' }, 'linux', true],
  [{}, 'darwin', true],
  [{}, 'win32', true],
])('with %j a browser can be on %s: %s', (variables, platform, expected) => {
  expect(hasScreen(readEnvironment(variables), platform)).toBe(expected);
});

test.each([
  ['192.0.2.1 50000 192.0.2.2 22', 'alice', 'box', 'ssh -L 1455:127.0.0.1:1455 alice@box'],
  ['192.0.2.1 50000 192.0.2.2 22', '', 'box', 'ssh -L 1455:127.0.0.1:1455 box'],
  ['192.0.2.1 50000 192.0.2.2 2222', 'al; rm', 'b$x', 'ssh -L 1455:127.0.0.1:1455 -p 2222 192.0.2.2'],
])('over the connection %s of %j to %j the tunnel is %4$s', (SSH_CONNECTION, USER, host, line) => {
  const environment = readEnvironment({ SSH_CONNECTION, USER });
  const lines = otherWays({ environment, host, port: 1455, isShown: true, canPaste: true });
  expect(lines[0]).toContain('If no browser opens in front of you: open the address');
  expect(lines).toContain(`  ${line}`);
});

test('an address that a shell would obey leads to no command line', () => {
  const environment = readEnvironment({ SSH_CONNECTION: '192.0.2.1 50000 $(touch\u0020forged) 22' });
  const lines = otherWays({ environment, host: 'b$x', port: 1455, isShown: true, canPaste: true });
  expect(lines.join()).not.toContain('ssh');
});
