import { describe, expect, test } from 'vitest';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { createTestHome } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { snapshotOf } from '../support/login-files.js';
import { loginIn } from '../support/login-home.js';
import { canHaveMounts, inContainer, readOnlyDirectory } from '../support/mounts.js';
import { alice, bob } from '../support/people-refs.js';
import { completeLogin } from '../support/provider/sign-in.js';
import { RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const name = 'build-7f3a';
const prefix = inContainer(name);
/** A container has no screen; the tests' own `BROWSER` is left out. */
const variables = { BROWSER: '', DISPLAY: '', WAYLAND_DISPLAY: '' };

const why = canHaveMounts ? '' : ' (skipped: no namespaces here)';

describe.skipIf(!canHaveMounts)(`in a container${why}`, () => {
  test('a login with a code works without a screen, and everything after it', async () => {
    const home = createTestHome(provider);
    provider.scenario.deviceInterval = '0.1';
    let isApproved = false;
    const login = await runBuilt(home, ['login', '--device-auth'], {
      prefix,
      variables,
      onStderr(text) {
        const code = /\n {2}([0-9A-F]{4}-[0-9A-F]{4})\n/.exec(text)?.[1];
        if (code === undefined || isApproved) return;
        isApproved = true;
        provider.device.approve(code, alice);
      },
    });
    expect([login.exitCode, loginIn(home)['account_id']]).toEqual([0, alice.accountId]);
    for (const argv of [['list'], ['status'], ['usage'], ['best'], ['check'], ['switch', '1']]) {
      const result = await runBuilt(home, argv, { prefix, variables });
      expect([argv, result.exitCode, result.stdout]).toEqual([argv, 0, expect.stringContaining('alice@example.com')]);
    }
  });

  test('a login with a browser says at once what else there is, with the name of the machine over ssh', async () => {
    const home = createTestHome(provider);
    const driver = driveLogin(provider, alice);
    const { exitCode, stderr } = await runBuilt(home, ['login'], {
      prefix,
      variables: { ...variables, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', USER: 'alice' },
      onStderr: driver.onStderr,
    });
    await driver.finished();
    expect(exitCode).toBe(0);
    const [before] = stderr.split('Waiting for the browser');
    expect(before).toContain('codex-auth login --device-auth\n  codex-auth login --manual\n');
    expect(stderr).toMatch(new RegExp(`  ssh -L (\\d+):127\\.0\\.0\\.1:\\1 alice@${name}\n`));
  });

  test.each(['not stored', 'stored'])('a home that can only be read shows who is signed in, %s', async (state) => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    seeded.writeAuthFile(await provider.issueTokens(bob));
    const { home } = seeded;
    if (state === 'stored') expect(await runBuilt(home, ['switch', '1'])).toMatchObject({ exitCode: 0 });
    const before = snapshotOf(home.directory);
    const closed = [...readOnlyDirectory(home.codexHome), ...prefix];
    for (const argv of [['list'], ['status'], ['usage'], ['usage', '--live'], ['forecast'], ['best'], ['check']]) {
      const { exitCode, stdout } = await runBuilt(home, argv, { prefix: closed, variables });
      expect([argv, exitCode, stdout]).toEqual([argv, 0, expect.stringContaining('bob@example.com')]);
    }
    const { document, exitCode } = await runBuiltJson(home, ['label', '1', 'work'], { prefix: closed, variables });
    expect([exitCode, document.error.code]).toEqual([6, 'storage-write-failed']);
    expect(snapshotOf(home.directory)).toEqual(before);
  });

  test.each([
    ['has ended', -60, 6, 'attention'],
    ['is about to end', 30, 0, 'fine'],
  ])(
    'a home that can only be read has no place for the next token: none is spent when one %s',
    async (_, seconds, exitCode, verdict) => {
      const seeded = new RefreshHome(temporaryDirectory(), provider);
      seeded.writeAuthFile(await provider.issueTokens({ ...bob, expiresInSeconds: seconds }));
      const { home } = seeded;
      const before = snapshotOf(home.directory);
      const closed = [...readOnlyDirectory(home.codexHome), ...prefix];
      const result = await runBuiltJson(home, ['check'], { prefix: closed, variables });
      expect(result.exitCode).toBe(exitCode);
      expect(result.document.data.accounts).toMatchObject([{ email: bob.email, verdict, stored: false }]);
      expect(JSON.stringify(result.document)).toContain('was not spent');
      expect(provider.requests.refreshes()).toEqual([]);
      expect(snapshotOf(home.directory)).toEqual(before);
    },
  );

  test.skipIf(missingForTerminal !== undefined)('the address is pasted at its terminal while it waits', async () => {
    const home = createTestHome(provider);
    const terminal = await Terminal.open(home, { columns: 800, rows: 40, variables });
    await terminal.run(`${prefix.map((word) => `'${word}'`).join(' ')} codex-auth login`);
    const screen = await terminal.shows('paste here the address that it ends on', '/oauth/authorize?');
    const url = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(screen)?.[0] ?? '';
    const { callbackUrl } = await completeLogin(provider, url, { ...alice, deliver: false });
    await terminal.type(callbackUrl);
    await terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(0);
    expect(loginIn(home)['account_id']).toBe(alice.accountId);
  });
});
