import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { exportCommand } from '../../src/cli/commands/export.js';
import { parseAuthFile } from '../../src/core/codex/auth-file.js';
import { Secret } from '../../src/core/secret.js';
import { runWithAnswers } from '../support/answers.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { snapshotOf } from '../support/login-files.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, modeOf, readJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const everyone = [alice, aliceAtStudio, bob];

function homeWith(accounts = everyone): TestHome {
  const home = createTestHome();
  writePool(home, accounts);
  return home;
}

const runIn = (home: TestHome, ...argv: string[]) => runCli(home, ['export', ...argv], atNoon);

test('writes one pool that only its owner can read, warns about second holders, and prints no token', async () => {
  const home = homeWith();
  const { exitCode, stdout, stderr } = await runIn(home);
  const path = join(home.cwd, 'codex-auth-accounts_20261121.json');
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: `✓ ${path} (3 accounts)\n`,
    stderr:
      'warning: whoever has this file has the logins. Two holders of one login will collide, and the one that comes second is signed out: use each in one place only\n',
  });
  expect(modeOf(path)).toBe(0o600);
  expect(readJson(path)).toMatchObject({ version: 3, accounts: [{ recordId: 'acc_alice' }, {}, { enabled: false }] });
});

test('reads only: what is stored stays as it is', async () => {
  const home = homeWith();
  const before = snapshotOf(home.root);
  await runIn(home);
  expect(snapshotOf(home.root)).toEqual(before);
});

describe('what one format writes, import reads as the same accounts', () => {
  /** What every format can say about an account. */
  const facts = (home: TestHome, lost: readonly string[]) =>
    (readJson(home.poolFile)['accounts'] as Record<string, unknown>[])
      .map(
        ({ userId, accountId, email, refreshToken, accessToken, idToken, expiresAt, lastRefresh, enabled = true }) => {
          const tokens = { refreshToken, accessToken, idToken, expiresAt, lastRefresh };
          const all: Record<string, unknown> = { userId, accountId, email, ...tokens, enabled };
          for (const each of lost) delete all[each];
          return all;
        },
      )
      .sort((a, b) => String(a.refreshToken).localeCompare(String(b.refreshToken)));

  const formats: [string, string[]][] = [
    ['auth', ['enabled']],
    ['codex', ['enabled']],
    ['flat', []],
    ['pool', []],
    ['array', []],
    ['cliproxy', []],
    ['opencode', ['enabled', 'idToken', 'lastRefresh']],
  ];
  it.each(formats)('%s', async (format, lost) => {
    const home = homeWith();
    expect((await runIn(home, '--format', format, '--out', 'out/')).exitCode).toBe(0);
    const other = createTestHome();
    const imported = await runJson(other, ['import', join(home.cwd, 'out'), '--yes']);
    expect(imported.exitCode).toBe(0);
    expect(imported.document.data.counts).toMatchObject({ new: 3, refused: 0, duplicate: 0 });
    expect(facts(other, lost)).toEqual(facts(home, lost));
  });

  it('pool, with labels, ids and keys that nobody knows', async () => {
    const home = homeWith([sampleAccount('acc_x', { userId: 'x' }, { label: 'mine', raw: { 'x-unknown': [1] } })]);
    await runIn(home, '--out', 'pool.json');
    const other = createTestHome();
    await runCli(other, ['import', join(home.cwd, 'pool.json'), '--yes']);
    expect(readJson(other.poolFile)['accounts']).toMatchObject([
      { recordId: 'acc_x', accountLabel: 'mine', 'x-unknown': [1] },
    ]);
  });
});

describe('the files of single accounts', () => {
  it('are named after the account and the day, in a directory of their own', async () => {
    const home = homeWith();
    await runIn(home, '--format', 'flat');
    const directory = join(home.cwd, 'codex-auth-export_2026-11-21');
    expect(readdirSync(directory).sort()).toEqual([
      'codex_alice@example.com_20261121-2.json',
      'codex_alice@example.com_20261121.json',
      'codex_bob@example.com_20261121.json',
    ]);
    expect(modeOf(directory)).toBe(0o700);
  });

  it('lie in the working directory when there is one only', async () => {
    const home = homeWith();
    await runIn(home, 'home', '--format', 'codex');
    const path = join(home.cwd, 'auth_alice@example.com_20261121.json');
    expect(parseAuthFile(readFileSync(path, 'utf8'))).toMatchObject({
      kind: 'login',
      login: { identity: { accountId: alice.accountId } },
    });
  });

  it('hold the newest tokens, also those that auth.json has', async () => {
    const home = homeWith();
    const newer = { iat: noon / 1000, exp: noon / 1000 + 1000, refresh: 'rt-newer' };
    const { userId, accountId, email } = alice;
    writeLogin(home, sampleAccount('acc_alice', { ...newer, userId, accountId, email }));
    await runIn(home, 'home', '--format', 'flat', '--out', 'a.json');
    expect(readJson(join(home.cwd, 'a.json'))).toMatchObject({ refresh_token: 'rt-newer', type: 'codex' });
  });

  it('are not made of a login that the format cannot hold, which is named', async () => {
    const { idToken: _, ...withoutIdToken } = alice.tokens;
    const foreign = { ...bob, provenance: { issuer: 'https://other.example.com', clientId: 'c' } };
    const home = homeWith([{ ...alice, tokens: withoutIdToken }, foreign]);
    const codex = await runIn(home, '--format', 'codex');
    expect(codex.exitCode).toBe(1);
    expect(codex.stdout).toContain('✗ home <alice@example.com> (Personal): home (Personal) has no id token');
    const flat = await runJson(home, ['export', '--format', 'flat'], atNoon);
    expect(flat.exitCode).toBe(1);
    const { accounts, files } = exportCommand.schema.parse(flat.document.data);
    expect(files).toHaveLength(1);
    expect(accounts).toMatchObject([
      { email: 'alice@example.com', file: expect.any(String) },
      { email: 'bob@example.com', problem: expect.stringContaining('another provider') },
    ]);
  });
});

describe('what a format has no place for', () => {
  it('is said once, and for each account', async () => {
    const home = homeWith();
    const { stderr } = await runIn(home, '--format', 'opencode', '--out', 'a/');
    expect(stderr).toContain(
      'warning: the format has no place for labels, what is disabled, id tokens; --format pool has\n',
    );
    const { document } = await runJson(home, ['export', '--format', 'flat', '--out', 'b/'], atNoon);
    expect(document.data.accounts.map(({ lost }: { lost?: string[] }) => lost)).toEqual([
      ['label'],
      undefined,
      undefined,
    ]);
    expect((await runIn(home, '--out', 'c.json')).stderr).not.toContain('no place');
  });

  it('is a file of its own where another tool reads one', async () => {
    const home = homeWith();
    await runIn(home, 'home', '--format', 'cliproxy');
    const { accountId = '' } = alice;
    const hash = createHash('sha256').update(accountId).digest('hex').slice(0, 8);
    expect(readdirSync(home.cwd)).toEqual([`codex-${hash}-alice@example.com-plus.json`]);
    await runIn(home, 'bob', '--format', 'opencode', '--out', 'auth.json');
    expect(readJson(join(home.cwd, 'auth.json'))).toEqual({
      openai: {
        type: 'oauth',
        refresh: bob.tokens.refreshToken?.reveal(),
        access: bob.tokens.accessToken?.reveal(),
        expires: bob.tokens.expiresAt,
        accountId: bob.accountId,
      },
    });
  });
});

describe('where it writes', () => {
  it('is never over a file, unless told so', async () => {
    const home = homeWith();
    const path = join(home.cwd, 'mine.json');
    writeFileSync(path, 'mine', { mode: 0o644 });
    const { exitCode, stderr } = await runIn(home, '--out', 'mine.json');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${path} is there already\n  → add --force`);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect((await runIn(home, '--out', 'mine.json', '--force')).exitCode).toBe(0);
    expect(readJson(path)).toMatchObject({ version: 3 });
    expect(modeOf(path)).toBe(0o600);
  });

  it('is decided before anything is written', async () => {
    const home = homeWith();
    mkdirSync(join(home.cwd, 'out'));
    writeFileSync(join(home.cwd, 'out/codex_bob@example.com_20261121.json'), 'mine');
    expect((await runIn(home, '--format', 'flat', '--out', 'out')).exitCode).toBe(2);
    expect(readdirSync(join(home.cwd, 'out'))).toEqual(['codex_bob@example.com_20261121.json']);
  });

  it('is neither the login of the official client, nor a file of our own, nor a device', async () => {
    const home = homeWith();
    writeLogin(home, bob);
    symlinkSync(home.authFile, join(home.cwd, 'link.json'));
    const before = snapshotOf(home.codexHome);
    for (const out of [home.authFile, 'link.json', home.poolFile, join(home.root, 'new.json'), '/dev/null', '-', '']) {
      const { exitCode, stdout } = await runIn(home, 'home', '--format', 'codex', '--force', '--out', out);
      expect({ out, exitCode, stdout }).toEqual({ out, exitCode: 2, stdout: '' });
    }
    expect(snapshotOf(home.codexHome)).toEqual(before);
  });

  it('is a place that exists', async () => {
    const { exitCode, stderr } = await runIn(homeWith(), '--out', 'no/such/place.json');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no directory');
  });

  it('may be inside a repository, which it warns about', async () => {
    const home = createTestHome();
    writePool(home, everyone, {}, makeProject(home));
    expect((await runIn(home)).stderr).toContain('is inside a Git repository: do not commit');
  });
});

describe('on a terminal', () => {
  it('it asks before it hands out logins', async () => {
    const home = homeWith();
    const question = /Write the tokens of 3 accounts to .*\?/;
    const refused = await runWithAnswers(home, ['export', '--out', 'a.json'], [[question, 'n\r']], {
      terminal: { columns: 300 },
    });
    expect(refused.exitCode).toBe(1);
    expect(existsSync(join(home.cwd, 'a.json'))).toBe(false);
    const terminal = { terminal: { columns: 300 } };
    expect((await runWithAnswers(home, ['export', '--out', 'a.json'], [[question, 'y\r']], terminal)).exitCode).toBe(0);
    expect((await runWithAnswers(home, ['export', '--out', 'b.json', '--yes'], [], terminal)).exitCode).toBe(0);
  });
});

describe('--csv', () => {
  it('is a table without tokens, and writes no other file', async () => {
    const home = homeWith();
    const { stdout, stderr } = await runIn(home, '--csv');
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'index,id,email,account_id,user_id,plan,label,enabled,expires_at',
      '1,acc_alice,alice@example.com,11111111-1111-4111-8111-111111111111,user-alice,plus,home,true,2026-11-30T12:00:00.000Z',
    ]);
    expect(readdirSync(home.cwd)).toEqual([]);
    await runIn(home, '--csv', '--out', 'accounts.csv');
    expect(readFileSync(join(home.cwd, 'accounts.csv'), 'utf8')).toBe(stdout);
  });

  it('is no format of logins', async () => {
    expect((await runIn(homeWith(), '--csv', '--format', 'flat')).exitCode).toBe(2);
  });
});

test('named accounts are exported once each, from any pool', async () => {
  const home = createTestHome();
  const key = makeProject(home);
  writePool(home, [bob], {}, key);
  writePool(home, [alice]);
  const { document } = await runJson(home, ['export', 'bob', '1', 'alice', '--out', 'a.json'], atNoon);
  expect(document.data.files).toEqual([{ path: join(home.cwd, 'a.json'), accounts: 2 }]);
  expect(document.data.accounts).toMatchObject([{ id: 'acc_bob' }, { id: 'acc_alice' }]);
});

test('without an account there is nothing to export', async () => {
  expect((await runIn(createTestHome())).exitCode).toBe(3);
  expect((await runIn(homeWith(), 'nobody')).exitCode).toBe(3);
});

test('no output holds a token', async () => {
  const secret = sampleAccount('acc_s', { userId: 's', email: 's@example.com', refresh: 'rt-secret' });
  const home = homeWith([{ ...secret, tokens: { ...secret.tokens, idToken: new Secret('eyJsecret') } }]);
  for (const format of ['auth', 'flat', 'pool', 'array', 'cliproxy', 'opencode']) {
    const { stdout, stderr } = await runIn(home, '--format', format, '--json', '--out', `${format}.json`);
    expect(stdout + stderr).not.toMatch(/secret|eyJ/);
  }
});
