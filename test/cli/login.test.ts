import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loginCommand } from '../../src/cli/commands/login.js';
import { signIn } from '../support/accounts.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { contentOf } from '../support/home-content.js';
import { accountsIn, loginIn, withoutOverrides } from '../support/login-home.js';
import { alice, aliceAtStudio, bob, carol } from '../support/people-refs.js';
import { makeProject } from '../support/project-home.js';
import { refused } from '../support/provider/faults.js';
import { readJson, writeJson } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

describe('login with a browser', () => {
  test('signs in, stores the account and makes it active when nothing else is', async () => {
    const home = createTestHome(provider);
    const { exitCode, stdout, stderr } = await signIn(home, provider, aliceAtStudio, ['--label', 'work']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: '✓ Signed in to work <alice@example.com> (Studio · team)\n  The official client uses it from now on.\n',
    });
    expect(withoutOverrides(stderr).replace(/http:\S+/, '<address>')).toBe(
      'Sign in here:\n\n  <address>\n\nNo browser could be started here: use one of these instead\n\n' +
        '  codex-auth login --device-auth\n  codex-auth login --manual\n\nWaiting for the browser, for 10m at most\n',
    );
    expect(accountsIn(home.poolFile)).toMatchObject([
      { userId: 'user-alice', ...aliceAtStudio, workspaceName: 'Studio', planType: 'team', accountLabel: 'work' },
    ]);
    expect(loginIn(home)).toMatchObject({ account_id: aliceAtStudio.accountId });
  });

  test('its JSON is one document of the published shape, and the address is on stderr', async () => {
    const home = createTestHome(provider);
    const { stdout, stderr } = await signIn(home, provider, carol, ['--json']);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 'codex-auth.login/1', ok: true });
    expect(document.warnings).toEqual([
      expect.stringMatching(/^CODEX_AUTH_ISSUER is set/),
      expect.stringMatching(/^CODEX_AUTH_BACKEND_URL/),
    ]);
    expect(loginCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({
      index: 1,
      email: 'carol@example.com',
      userId: 'user-carol',
      plan: 'pro',
      outcome: 'added',
      active: true,
      activation: 'done',
      scope: { kind: 'global' },
      isElsewhere: false,
    });
    expect(stderr).toContain('/oauth/authorize?');
  });

  test('shows the browser how it ended', async () => {
    const home = createTestHome(provider);
    const driver = driveLogin(provider, carol);
    await runCli(home, ['login'], { onStderr: driver.onStderr });
    const done = await driver.finished();
    expect(done?.answer).toMatchObject({ status: 200, body: expect.stringContaining('carol@example.com is ready') });
    const masked = driveLogin(provider, carol);
    await runCli(home, ['login', '--mask'], { onStderr: masked.onStderr });
    expect((await masked.finished())?.answer?.body).toContain('c***@e*** is ready');
  });

  test('a second login of the same account changes no count, and keeps label, flag and position', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice, ['--label', 'home']);
    await signIn(home, provider, bob);
    const first = loginIn(home)['refresh_token'];
    const { stdout } = await signIn(home, provider, alice);
    expect(stdout).toBe(
      '✓ Signed in again to home <alice@example.com> (Personal · plus)\n  The official client uses it from now on.\n',
    );
    expect(accountsIn(home.poolFile)).toMatchObject([{ ...alice, accountLabel: 'home' }, bob]);
    expect(loginIn(home)).toMatchObject({ account_id: alice.accountId });
    expect(loginIn(home)['refresh_token']).not.toBe(first);
  });

  test('two workspaces of one email stay two, and look different', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    await signIn(home, provider, aliceAtStudio);
    expect(accountsIn(home.poolFile)).toMatchObject([alice, aliceAtStudio]);
    const { stdout } = await runCli(home, ['list']);
    expect(stdout).toMatch(/1 {2}alice@example\.com {2}Personal .*\n.*2 {2}alice@example\.com {2}Studio /);
  });

  test('two persons of one workspace stay two', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, aliceAtStudio);
    await signIn(home, provider, bob);
    expect(accountsIn(home.poolFile)).toMatchObject([{ userId: 'user-alice' }, { userId: 'user-bob' }]);
  });

  test('another account is not made active without being asked to, and the command that does is shown', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    expect((await signIn(home, provider, bob)).stdout).toBe(
      '✓ Signed in to bob@example.com (Studio · team)\n  To use it: codex-auth switch 2\n',
    );
    expect(loginIn(home)['account_id']).toBe(alice.accountId);
    await signIn(home, provider, bob, ['--activate']);
    expect(loginIn(home)['account_id']).toBe(bob.accountId);
  });

  test('--no-activate leaves the official client signed out', async () => {
    const home = createTestHome(provider);
    const { stdout } = await signIn(home, provider, alice, ['--no-activate']);
    expect(stdout).toContain('To use it: codex-auth switch 1\n');
    expect(contentOf(home)).not.toHaveProperty('auth.json');
  });

  test('a disabled account stays disabled and inactive, even with --activate, which is exit 1', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    await signIn(home, provider, bob);
    await runCli(home, ['disable', 'bob']);
    const again = await signIn(home, provider, bob);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('  It is disabled; to use it: codex-auth switch 2 --enable\n');
    const insisted = await signIn(home, provider, bob, ['--activate']);
    expect(insisted.exitCode).toBe(1);
    expect(insisted.stderr).toContain('warning: the login is stored, but is not the active one: it is disabled\n');
    expect(accountsIn(home.poolFile)[1]).toMatchObject({ ...bob, enabled: false });
    expect(loginIn(home)['account_id']).toBe(alice.accountId);
  });

  test('clears the memory of a removal, so that auth.json syncs back again', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    await signIn(home, provider, bob);
    await runCli(home, ['remove', '1', '--yes']);
    expect(readJson(home.poolFile)['removed']).toHaveLength(1);
    await signIn(home, provider, alice);
    expect(readJson(home.poolFile)).toMatchObject({ removed: [], accounts: [bob, alice] });
  });

  test('a name of the workspace that cannot be had costs three seconds at most, and not the login', async () => {
    const home = createTestHome(provider);
    provider.scenario.on('accountsCheck', { kind: 'hang' });
    const startedAt = performance.now();
    const { exitCode, stdout } = await signIn(home, provider, aliceAtStudio);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('alice@example.com (team)'),
    });
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    provider.scenario.off('accountsCheck');
    await signIn(home, provider, aliceAtStudio);
    provider.scenario.on('accountsCheck', refused(500, 'server_error'));
    await signIn(home, provider, aliceAtStudio);
    expect(accountsIn(home.poolFile)).toMatchObject([{ workspaceName: 'Studio' }]);
  });
});

describe('what auth.json holds at a login', () => {
  test('an API key is left alone without consent, and switch --replace keeps it whole', async () => {
    const home = createTestHome(provider);
    const content = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}';
    writeFileSync(home.authFile, content);
    const { exitCode, stdout, stderr } = await signIn(home, provider, alice);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('To use it: codex-auth switch 1 --replace\n');
    expect(stderr).toContain('warning: auth.json holds an API key, so it is left as it is\n');
    expect(readFileSync(home.authFile, 'utf8')).toBe(content);
    const insisted = await signIn(home, provider, alice, ['--activate']);
    expect(insisted.exitCode).toBe(1);
    expect(readFileSync(home.authFile, 'utf8')).toBe(content);
    const { document } = await runJson(home, ['switch', '1', '--replace']);
    expect(readFileSync(document.data.keptFile, 'utf8')).toBe(content);
  });

  test('an unknown login is adopted, never overwritten', async () => {
    const home = createTestHome(provider);
    const tokens = await provider.issueTokens(carol);
    const account_id = provider.people.find(carol).accountId;
    writeJson(home.authFile, {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: { ...tokens, account_id },
      last_refresh: new Date().toISOString(),
    });
    const { stderr } = await signIn(home, provider, bob, ['--activate']);
    expect(stderr).toContain('adopted carol@example.com, found in auth.json\n');
    expect(accountsIn(home.poolFile)).toMatchObject([{ ...carol, refreshToken: tokens.refresh_token }, bob]);
  });
});

describe('login in a project', () => {
  test('keeps the account there and says so when nobody can be asked', async () => {
    const home = createTestHome(provider);
    const key = makeProject(home);
    const { stderr } = await signIn(home, provider, alice);
    const [{ recordId } = {}] = accountsIn(join(home.root, 'projects', key, 'openai-codex-accounts.json'));
    expect(stderr).toContain(
      `warning: the account is kept for the project ${home.cwd} only; to have it everywhere: codex-auth move ${String(recordId)} --to global\n`,
    );
    expect(stderr).not.toContain('using the global ones');
    expect(accountsIn(join(home.root, 'projects', key, 'openai-codex-accounts.json'))).toMatchObject([alice]);
  });

  test('updates an account where it lives, so that it never has two owners', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    await signIn(home, provider, bob);
    const key = makeProject(home);
    const { stdout, stderr } = await signIn(home, provider, bob);
    expect(stderr).not.toContain('is kept for the project');
    const [, { recordId } = {}] = accountsIn(home.poolFile);
    expect(stdout).toBe(
      '✓ Signed in again to bob@example.com (Studio · team)\n' +
        `  It lives in the global pool and was updated there; to have it here: codex-auth move ${String(recordId)} --to .\n` +
        `  To use it: codex-auth switch ${String(recordId)}\n`,
    );
    expect(accountsIn(home.poolFile)).toHaveLength(2);
    expect(contentOf(home)).not.toHaveProperty(`multi-auth/projects/${key}/openai-codex-accounts.json`);
  });

  test.each([
    ['everywhere', keys.enter, false],
    ['here', keys.down + keys.enter, true],
  ])('asks on a terminal: %s', async (_answer, typed, isHere) => {
    const home = createTestHome(provider);
    const key = makeProject(home);
    const driver = driveLogin(provider, alice);
    await runWithAnswers(home, ['login'], [[/Where should this account be available\?/, typed]], {
      onStderr: driver.onStderr,
    });
    const path = isHere ? join(home.root, 'projects', key, 'openai-codex-accounts.json') : home.poolFile;
    expect(accountsIn(path)).toMatchObject([alice]);
  });
});

describe('login on a terminal with accounts', () => {
  test('offers another account first, then asks whether it becomes active', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    const driver = driveLogin(provider, bob);
    const { exitCode, stdout } = await runWithAnswers(
      home,
      ['login'],
      [
        [/You have accounts already/, keys.enter],
        [/Signed in to bob@example\.com \(Studio\)\. Make it the active account\?/, `y${keys.enter}`],
      ],
      { onStderr: driver.onStderr },
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('The official client uses it from now on.');
  });

  test('again to a known account refuses another workspace of the same email', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    const before = contentOf(home);
    const driver = driveLogin(provider, aliceAtStudio);
    const { exitCode, stderr } = await runWithAnswers(
      home,
      ['login'],
      [[/You have accounts already/, keys.down + keys.enter]],
      {
        onStderr: driver.onStderr,
      },
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error: signed in to another workspace than Personal; nothing was stored\n');
    expect(stderr).toContain('&login_hint=alice%40example.com');
    expect(contentOf(home)).toEqual(before);
  });

  test('Ctrl-C at the question whether to make it active is exit 130; the login is stored by then', async () => {
    const home = createTestHome(provider);
    await signIn(home, provider, alice);
    const driver = driveLogin(provider, bob);
    const replies = [
      [/You have accounts already/, keys.enter],
      [/Make it the active account\?/, keys.ctrlC],
    ] as const;
    const { exitCode } = await runWithAnswers(home, ['login'], replies, { onStderr: driver.onStderr });
    expect(exitCode).toBe(130);
    expect(accountsIn(home.poolFile)).toMatchObject([alice, bob]);
    expect(loginIn(home)['account_id']).toBe(alice.accountId);
  });

  test('shows how long is left on one line, which is gone at the end', async () => {
    const home = createTestHome(provider);
    const driver = driveLogin(provider, alice);
    const { stderr } = await runWithAnswers(home, ['login'], [], { onStderr: driver.onStderr });
    expect(stderr).toContain('\r\u001b[K10:00 left · Waiting for the browser (Ctrl-C to cancel)');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });
});
