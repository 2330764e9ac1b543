import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listCommand } from '../../src/cli/commands/list.js';
import { toSnapshot } from '../../src/core/quota/snapshot.js';
import { parseUsage } from '../../src/core/quota/usage-payload.js';
import { flaggedFileName } from '../../src/core/storage/paths.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { plain } from '../support/plain-output.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson, writeJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const everybody = [alice, aliceAtStudio, bob];

function homeWithAccounts(): TestHome {
  const home = createTestHome();
  writePool(home, everybody, { activeId: alice.id });
  writeLogin(home, alice);
  return home;
}

function writeQuota(home: TestHome, id: string, changes: QuotaChanges = {}): void {
  writeJson(join(home.root, 'account-state.json'), { version: 1, accounts: { [id]: { quota: quotaSeen(changes) } } });
}

interface QuotaChanges {
  /** Of the window of five hours. */
  readonly usedPercent?: number;
  readonly minutesAgo?: number;
}

function quotaSeen({ usedPercent = 20, minutesAgo = 2 }: QuotaChanges) {
  const body = {
    plan_type: 'plus',
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: usedWindow(usedPercent, 18_000, 7_500),
      secondary_window: usedWindow(59, 604_800, 262_800),
    },
  };
  const parsed = parseUsage(body, { observedAt: noon - minutesAgo * 60_000 });
  if (parsed.kind !== 'ok') throw new Error('the sample is no usage payload');
  return toSnapshot(parsed.usage);
}

function usedWindow(used_percent: number, limit_window_seconds: number, resetsIn: number) {
  return { used_percent, limit_window_seconds, reset_after_seconds: resetsIn, reset_at: noon / 1000 + resetsIn };
}

describe('list', () => {
  describe('names what is set aside', () => {
    const setAside = (home: TestHome, ...accounts: { id: string; email?: string }[]) =>
      writeJson(join(home.root, flaggedFileName), {
        version: 1,
        accounts: accounts.map(({ id, email }) => ({
          recordId: id,
          email,
          refreshToken: `rt-${id}`,
          flaggedAt: noon,
          flaggedReason: 'manual',
          movedAt: noon,
        })),
      });

    test('below the others', async () => {
      const home = homeWithAccounts();
      setAside(home, { id: 'acc_carol', email: 'carol@example.com' });
      const { stdout } = await runCli(home, ['list'], atNoon);
      expect(stdout).toContain('\n1 set aside: codex-auth verify-flagged\n');
    });

    test('instead of asking for a first sign-in', async () => {
      const home = createTestHome();
      writePool(home, []);
      setAside(home, { id: 'acc_carol', email: 'carol@example.com' }, { id: 'acc_dave', email: 'dave@example.com' });
      const { stdout, exitCode } = await runCli(home, ['list'], atNoon);
      expect(stdout).toBe('Every account here is set aside: codex-auth verify-flagged\n');
      expect(exitCode).toBe(0);
    });
  });

  test('trims an email that another tool stored with spaces', async () => {
    const home = createTestHome();
    writeJson(home.poolFile, { version: 3, accounts: [{ email: ' Carol@Example.com ', refreshToken: 'rt-carol' }] });
    const { document } = await runJson(home, ['list'], atNoon);
    expect(document.data.accounts).toMatchObject([{ email: 'Carol@Example.com' }]);
  });

  test('shows a line per account, which one is in use, and what is left', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    expect(plain(home, await runCli(home, ['list'], atNoon))).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "",
        "stdout": "   #  ACCOUNT                   WORKSPACE  PLAN  LEFT (RESETS IN)              STATE     LAST USED
      ●  1  home <alice@example.com>  Personal   plus  5h 80% (2h 3m) · 7d 41% (3d)  ready     1h ago
         2  alice@example.com         Studio     team  –                             unknown   1h ago
         3  bob@example.com           Studio     team  –                             disabled  1h ago
      quota seen 2m ago
      quota not read yet: codex-auth usage
      ",
      }
    `);
  });

  test.each([100, 80, 60, 40, 24])('is never wider than a terminal of %i columns', async (columns) => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    const options = { ...atNoon, terminal: { columns }, variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1' } };
    const { stdout } = await runCli(home, ['list'], options);
    const widths = stdout
      .trimEnd()
      .split('\n')
      .slice(0, 4)
      .map((line) => line.length);
    expect(widths).toHaveLength(4);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    expect(stdout).toMatch(/1 {2}(home|ho|h)/);
  });

  test('gives up the least important columns first', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    const at = async (columns: number) => {
      const options = { ...atNoon, terminal: { columns }, variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1' } };
      return (await runCli(home, ['list'], options)).stdout;
    };
    expect(`${await at(100)}\n${await at(60)}\n${await at(40)}\n${await at(30)}`).toMatchInlineSnapshot(`
      "   #  ACCOUNT                   WORKSPACE  PLAN  LEFT (RESETS IN)              STATE     LAST USED
      ●  1  home <alice@example.com>  Personal   plus  5h 80% (2h 3m) · 7d 41% (3d)  ready     1h ago
         2  alice@example.com         Studio     team  –                             unknown   1h ago
         3  bob@example.com           Studio     team  –                             disabled  1h ago
      quota seen 2m ago
      quota not read yet: codex-auth usage

         #  ACCOUNT                   LEFT             STATE
      ●  1  home <alice@example.com>  5h 80% · 7d 41%  ready
         2  alice@example.com         –                unknown
         3  bob@example.com           –                disabled
      quota seen 2m ago
      quota not read yet: codex-auth usage

         #  ACCOUNT            LEFT  STATE
      ●  1  home               41%   ready
         2  alice@example.com  –     unknown
         3  bob@example.com    –     disabled
      quota seen 2m ago
      quota not read yet: codex-auth usage

         #  ACCOUNT   LEFT  STATE
      ●  1  home      41%   ready
         2  alice@e…  –     unknown
         3  bob@exa…  –     disabled
      quota seen 2m ago
      quota not read yet: codex-auth
        usage
      "
    `);
  });

  test('cuts nothing in a pipe, unless COLUMNS says how much room there is behind it', async () => {
    const home = createTestHome();
    const name = 'a'.repeat(150);
    writePool(home, [sampleAccount('acc_long', { email: `${name}@example.com` })]);
    const at = async (COLUMNS: string) => (await runCli(home, ['list'], { ...atNoon, variables: { COLUMNS } })).stdout;
    expect(await at('')).toContain(`${name}@example.com`);
    const [title = '', line = ''] = (await at('50')).split('\n');
    expect([title.length, line.length]).toEqual([48, 50]);
    expect(line).toMatch(/1 {2}a+… {2}– {5}unknown$/);
  });

  test('says at which time an account is back, and how much is left, at 40 columns', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id, { usedPercent: 100 });
    const { stdout } = await runCli(home, ['list'], {
      ...atNoon,
      terminal: { columns: 40 },
      variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/^● +1 {2}home +0% +in 2h 3m$/m);
  });

  test('tells the workspace and the health only where they differ or are not well', async () => {
    const home = createTestHome();
    writePool(home, [alice, sampleAccount('acc_other', { email: 'other@example.com' }, { workspaceName: 'Personal' })]);
    const plain = await runCli(home, ['list'], atNoon);
    expect(plain.stdout).not.toMatch(/WORKSPACE|HEALTH/);
    const state = { health: { score: 40, at: noon, consecutiveRefreshFailures: 0 } };
    writeJson(`${home.root}/account-state.json`, { version: 1, accounts: { [alice.id]: state }, affinity: {} });
    expect((await runCli(home, ['list'], atNoon)).stdout).toMatch(/HEALTH[\s\S]* 40 /);
  });

  test('tells how old the quota is once, or beside each where it was not read together', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    const once = (await runCli(home, ['list'], atNoon)).stdout;
    expect(once.match(/seen/g)).toHaveLength(1);
    expect(once).toContain('\nquota seen 2m ago\n');
    const accounts = {
      [alice.id]: { quota: quotaSeen({ minutesAgo: 2 }) },
      [aliceAtStudio.id]: { quota: quotaSeen({ minutesAgo: 30 }) },
    };
    writeJson(join(home.root, 'account-state.json'), { version: 1, accounts, affinity: {} });
    const beside = (await runCli(home, ['list'], { ...atNoon, variables: { COLUMNS: '' } })).stdout;
    expect(beside).toMatch(/41% \(3d\) · seen 2m ago .*\n.* · seen 30m ago /);
  });

  test('its JSON is one document of the published shape', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    const { document, exitCode, stderr } = await runJson(home, ['list'], atNoon);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(document).toMatchObject({ schema: 'codex-auth.list/1', ok: true, warnings: [] });
    expect(listCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({
      scope: { kind: 'global', path: home.poolFile, readFrom: home.poolFile },
      activeId: 'acc_alice',
      elsewhere: [],
    });
    expect(document.data.accounts[0]).toMatchInlineSnapshot(`
      {
        "accessTokenExpiresAt": "2026-11-30T12:00:00.000Z",
        "accountId": "11111111-1111-4111-8111-111111111111",
        "active": true,
        "email": "alice@example.com",
        "enabled": true,
        "health": {
          "score": 100,
          "state": "healthy",
        },
        "id": "acc_alice",
        "index": 1,
        "label": "home",
        "lastUsedAt": "2026-11-21T11:00:00.000Z",
        "plan": "plus",
        "quota": {
          "certainty": "known",
          "observedAt": "2026-11-21T11:58:00.000Z",
          "source": "cache",
          "usableNowPercent": 41,
          "windows": [
            {
              "durationSeconds": 18000,
              "id": "5h",
              "remainingPercent": 80,
              "resetsAt": "2026-11-21T14:03:00.000Z",
              "usedPercent": 20,
            },
            {
              "durationSeconds": 604800,
              "id": "7d",
              "remainingPercent": 41,
              "resetsAt": "2026-11-24T12:58:00.000Z",
              "usedPercent": 59,
            },
          ],
        },
        "state": "ready",
        "userId": "user-alice",
        "workspace": "Personal",
      }
    `);
  });

  test.each(['ls', 'list'])('answers to %s, also behind a leading "auth"', async (name) => {
    const home = homeWithAccounts();
    const [short, long] = [await runCli(home, [name], atNoon), await runCli(home, ['auth', name], atNoon)];
    expect(short).toEqual(long);
    expect(short.stdout).toContain('alice@example.com');
  });

  test('an empty pool is no error and says what to do', async () => {
    const home = createTestHome();
    expect(await runCli(home, ['list'])).toEqual({
      exitCode: 0,
      stdout: 'There are no accounts yet: codex-auth login\n',
      stderr: '',
    });
    expect((await runJson(home, ['list'])).document.data.accounts).toEqual([]);
  });

  test('writes nothing, not even the directory', async () => {
    const home = createTestHome();
    await runCli(home, ['list']);
    expect(readdirSync(home.codexHome)).toEqual([]);
  });

  test('says when the official client uses another account than the one chosen here', async () => {
    const home = homeWithAccounts();
    writeLogin(home, aliceAtStudio);
    const { stdout } = await runCli(home, ['list'], atNoon);
    expect(stdout).toContain(
      'last chosen here: home <alice@example.com> (Personal), which is not in use: codex-auth switch 1\n',
    );
    const { data } = (await runJson(home, ['list'], atNoon)).document;
    expect([data.activeId, data.chosenId]).toEqual(['acc_studio', 'acc_alice']);
  });

  test('says when none of the accounts is in use', async () => {
    const home = createTestHome();
    writePool(home, everybody);
    const { stdout } = await runCli(home, ['list'], atNoon);
    expect(stdout).toContain('none of these is in use: codex-auth switch\n');
  });

  test('hides every email under --mask, in text and in JSON', async () => {
    const home = homeWithAccounts();
    for (const argv of [
      ['list', '--mask'],
      ['--mask', 'list', '--json'],
    ]) {
      const { stdout } = await runCli(home, argv, atNoon);
      expect(stdout).toContain('a***@e***');
      expect(stdout).not.toMatch(/alice@|bob@|example\.com/);
    }
  });

  test('shows no control character that came with a name', async () => {
    const home = createTestHome();
    const evil = '\u001b[31mred\u0007\u009b2J\u202egnp';
    writePool(home, [
      sampleAccount(
        'acc_evil',
        { email: `a${evil}@example.com` },
        { label: evil, workspaceName: `W\n${evil}`, planType: evil },
      ),
    ]);
    for (const argv of [['list'], ['list', '--json'], ['switch', 'acc_evil'], ['label', '1', 'x'], ['disable', '1']]) {
      const { stdout, stderr } = await runCli(home, argv, atNoon);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect((await runJson(home, ['list'], atNoon)).document.data.accounts[0].plan).toBe(evil);
  });

  test('in ASCII terminals it uses ASCII', async () => {
    const home = homeWithAccounts();
    writeQuota(home, alice.id);
    const { stdout } = await runCli(home, ['list'], { ...atNoon, variables: { LC_ALL: 'C' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: line feeds are among them
    expect(stdout).toMatch(/^[\u0000-\u007f]*$/);
  });

  test('opens a pool of another tool in place, and keeps what it does not know', async () => {
    const home = createTestHome();
    const { accessToken, refreshToken } = aliceAtStudio.tokens;
    writeJson(home.poolFile, {
      version: 3,
      accounts: [
        'not an account',
        { refreshToken: refreshToken?.reveal(), accessToken: accessToken?.reveal(), accountId: 'org-123', mystery: 7 },
      ],
      activeIndex: 1,
      theirs: { kept: true },
    });
    const { document } = await runJson(home, ['list'], atNoon);
    expect(document.data.accounts).toMatchObject([
      { index: 1, email: 'alice@example.com', accountId: aliceAtStudio.accountId },
    ]);
    await runCli(home, ['label', '1', 'studio'], atNoon);
    expect(readJson(home.poolFile)).toMatchObject({
      theirs: { kept: true },
      accounts: expect.arrayContaining([
        'not an account',
        expect.objectContaining({ mystery: 7, accountLabel: 'studio' }),
      ]),
    });
  });
});

describe('list in a project', () => {
  test('names the pools that it does not show, and the command that does', async () => {
    const home = homeWithAccounts();
    const key = makeProject(home);
    writePool(home, [sampleAccount('acc_p', { email: 'p@example.com' })], {}, key);
    const here = await runCli(home, ['list'], atNoon);
    expect(here.stdout).toContain('p@example.com');
    expect(here.stdout).toContain('also available: global (3): codex-auth list --global\n');
    const global = await runCli(home, ['list', '--global'], atNoon);
    expect(global.stdout).toContain(`also available: project ${key} (1): codex-auth list --project <dir>\n`);
    expect((await runJson(home, ['list'], atNoon)).document.data).toMatchObject({
      scope: { kind: 'project', key },
      elsewhere: [{ kind: 'global', accounts: 3 }],
    });
  });

  test('shows the global accounts while the project has none, and names them above the table', async () => {
    const home = homeWithAccounts();
    makeProject(home);
    const { stdout, stderr } = await runCli(home, ['list'], atNoon);
    expect(stdout).toMatch(/^Global accounts\n.*ACCOUNT/);
    expect(stdout).toContain('alice@example.com');
    expect(stderr).toBe('');
    const { document } = await runJson(home, ['list'], atNoon);
    const place = { kind: 'global' };
    expect(document.data.scope).toMatchObject({ kind: 'project', readFrom: home.poolFile, place });
    expect(document.warnings).toEqual([]);
  });

  test('does not take the account in use elsewhere for one of its own', async () => {
    const home = homeWithAccounts();
    const key = makeProject(home);
    writePool(home, [sampleAccount('acc_p', { email: 'p@example.com' })], {}, key);
    const { data } = (await runJson(home, ['list'], atNoon)).document;
    expect(data.activeId).toBeUndefined();
    expect(data.accounts.map(({ active }: { active: boolean }) => active)).toEqual([false]);
  });
});

test('names the command that fills a gap in the quota, by why it is there', async () => {
  const expiring = (id: string, email: string) =>
    sampleAccount(id, { email, userId: id, accountId: id, exp: noon / 1000 - 1 });
  const hintsOf = async (accounts: Parameters<typeof writePool>[1]) => {
    const home = createTestHome();
    writePool(home, accounts);
    const { stdout } = await runCli(home, ['list'], atNoon);
    return stdout.split('\n').filter((line) => line.includes(': codex-auth') && !line.startsWith('none'));
  };
  const old = [expiring('acc_x', 'x@example.com'), expiring('acc_y', 'y@example.com')];
  expect(await hintsOf(old)).toEqual(['2 access tokens have expired: codex-auth check']);
  expect(await hintsOf([...old.slice(1), alice])).toEqual([
    '1 access token has expired: codex-auth check',
    'quota not read yet: codex-auth usage',
  ]);
  expect(await hintsOf([bob])).toEqual([]);
});
