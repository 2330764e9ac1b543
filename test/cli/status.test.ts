import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusCommand } from '../../src/cli/commands/status.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { plain } from '../support/plain-output.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, writeJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };

function homeWithAccounts(): TestHome {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob], { activeId: alice.id });
  return home;
}

const status = async (home: TestHome, options = atNoon) => plain(home, await runCli(home, ['status'], options));

describe('status', () => {
  test('shows the account in use in full', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    expect(await status(home)).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "In use      yes, the official client has this login
      Account     home <alice@example.com>
      Workspace   Personal · plus
      State       unknown, health 100 (healthy)
      Quota       not read yet: codex-auth usage
      Token       valid until 2026-11-30 12:00, in 9d
      Last used   11:00, 1h ago
      Ids         acc_alice · account 11111111-1111-4111-8111-111111111111
      Lives in    the global pool, as number 1
      Scope       global
      Pool        <home>/codex/multi-auth/openai-codex-accounts.json
      Login file  <home>/codex/auth.json
      Settings    <home>/codex/multi-auth/settings.json
      Sessions    0 in 5h · 0 in 7d · 0 in all
      ",
      }
    `);
  });

  test('shows a named account, and that another one is in use', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    const { exitCode, stdout } = await runCli(home, ['status', 'bob'], atNoon);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^In use {6}no, the official client has the login of another account\n/);
    expect(stdout).toContain('Account     bob@example.com\n');
    expect(stdout).toContain('Lives in    the global pool, as number 3\n');
    expect(await runCli(home, ['status', 'nobody'], atNoon)).toMatchObject({ exitCode: 3 });
  });

  test('its JSON is of the published shape', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    const { document, exitCode } = await runJson(home, ['status'], atNoon);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ schema: 'codex-auth.status/1', ok: true, warnings: [] });
    expect(statusCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({
      authFile: { path: home.authFile, holds: 'account' },
      account: { id: 'acc_alice', index: 1, place: { kind: 'global' } },
      sessions: { last5Hours: 0, last7Days: 0, total: 0 },
    });
  });

  test('an empty pool is exit 3, in JSON too', async () => {
    const home = createTestHome();
    expect(await status(home)).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'error: there are no accounts yet\n  → codex-auth login\n',
    });
    const { document, exitCode, stderr } = await runJson(home, ['status']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
    expect(document).toEqual({
      schema: 'codex-auth.status/1',
      ok: false,
      error: { code: 'empty-pool', message: 'there are no accounts yet', hint: 'codex-auth login' },
    });
  });

  test('says that the official client is signed out, and what to do', async () => {
    const home = homeWithAccounts();
    const { exitCode, stdout } = await status(home);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('In use      no, the official client is signed out\n');
    expect(stdout).toContain('Next        codex-auth switch acc_alice\n');
  });

  test('offers the accounts that are there where none of them was ever chosen', async () => {
    const home = createTestHome();
    writePool(home, [alice, bob], {});
    expect((await status(home)).stdout).toContain('Next        codex-auth switch\n');
    writeFileSync(home.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}');
    expect((await status(home)).stdout).toContain('Next        codex-auth switch --replace\n');
  });

  test('names an account that was removed, while the official client is signed in to it', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    await runCli(home, ['remove', 'acc_alice', '--yes'], atNoon);
    const { exitCode, stdout } = await status(home);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('In use      alice@example.com, which was removed here\n');
    expect((await runCli(home, ['status', '--mask'], atNoon)).stdout).toContain('a***@e***, which was removed here\n');
  });

  test('says that auth.json holds an API key', async () => {
    const home = homeWithAccounts();
    writeFileSync(home.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}');
    const { exitCode, stdout, stderr } = await status(home);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('no, auth.json holds an API key\n');
    expect(stdout).toContain('Next        codex-auth switch acc_alice --replace\n');
    expect(stdout + stderr).not.toContain('canary');
  });

  test('says when another account than the chosen one is in use', async () => {
    const home = homeWithAccounts();
    writeLogin(home, aliceAtStudio);
    const { stdout } = await status(home);
    expect(stdout).toContain('Account     alice@example.com\n');
    expect(stdout).toContain('home <alice@example.com> (Personal) was chosen here last: codex-auth switch 1\n');
    const { data } = (await runJson(home, ['status'], atNoon)).document;
    expect(data.chosen).toMatchObject({ id: 'acc_alice', index: 1 });
  });

  test('says that the token has expired, and what renews it', async () => {
    const home = createTestHome();
    const expired = sampleAccount('acc_old', {
      email: 'old@example.com',
      userId: 'o',
      accountId: 'o',
      exp: noon / 1000 - 3600,
    });
    writePool(home, [expired], { activeId: expired.id });
    writeLogin(home, expired);
    const { stdout } = await status(home);
    expect(stdout).toContain('Token       expired 11:00, 1h ago\n');
    expect(stdout).toContain('Next        codex-auth check\n');
  });

  test('shows the account in use when it lives in another pool', async () => {
    const home = homeWithAccounts();
    writeLogin(home, aliceAtStudio);
    const key = makeProject(home);
    writePool(home, [sampleAccount('acc_p', { email: 'p@example.com' })], {}, key);
    const { stdout } = await status(home);
    expect(stdout).toContain('Lives in    the global pool, as number 2\n');
    expect(stdout).toContain(`Scope       project <home>/work\n`);
  });

  test('counts the conversations of the official client by when they were written to', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    const day = join(home.codexHome, 'sessions', '2026', '11', '20');
    mkdirSync(day, { recursive: true });
    for (const [name, hours] of Object.entries({ a: 1, b: 4, c: 30, d: 24 * 9 })) {
      const path = join(day, `rollout-2026-11-20T10-00-00-${name}.jsonl`);
      writeFileSync(path, '');
      utimesSync(path, noon / 1000 - hours * 3600, noon / 1000 - hours * 3600);
    }
    writeFileSync(join(day, 'notes.txt'), '');
    expect((await status(home)).stdout).toContain('Sessions    2 in 5h · 3 in 7d · 4 in all\n');
  });

  test('shows the proxy without its password', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    const options = { ...atNoon, variables: { HTTPS_PROXY: 'http://me:canary-1@127.0.0.1:3128' } };
    const { stdout } = await status(home, options);
    expect(stdout).toMatch(/^Proxy +http:\/\/127\.0\.0\.1:3128 \(HTTPS_PROXY\)$/m);
    expect(stdout).not.toContain('canary');
    const direct = await runCli(home, ['status', '--proxy', ''], options);
    expect(direct.stdout).toMatch(/^Proxy +none, because --proxy is empty$/m);
    expect((await status(home)).stdout).not.toContain('Proxy');
  });

  test('names the background server, and what the last call had to do', async () => {
    const home = homeWithAccounts();
    writeLogin(home, alice);
    writeJson(join(home.codexHome, 'app-server-daemon', 'daemon.pid'), { pid: process.pid });
    const recovery = { kind: 'refreshed', at: noon - 60_000 };
    writeJson(join(home.root, 'account-state.json'), { version: 1, accounts: { acc_alice: { recovery } } });
    const { stdout } = await status(home);
    expect(stdout).toContain(`Server      pid ${process.pid}, keeps the account it was started with\n`);
    expect(stdout).toContain('Recovery    the tokens were refreshed 11:59, 1m ago\n');
  });
});
