import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { switchCommand } from '../../src/cli/commands/switch.js';
import type { Account } from '../../src/core/accounts/account.js';
import { keys, type Replies, runWithAnswers } from '../support/answers.js';
import { emptied } from '../support/auth-files.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { plain } from '../support/plain-output.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson, writeJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };

function homeUsing(account: Account | undefined = alice): TestHome {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob], { activeId: alice.id });
  writeLogin(home, account);
  return home;
}

const switchTo = (home: TestHome, ...argv: string[]) => runCli(home, ['switch', ...argv], atNoon);
const login = (home: TestHome) => readJson(home.authFile)['tokens'] as Record<string, string>;
const stored = (home: TestHome) => readJson(home.poolFile)['accounts'] as Record<string, unknown>[];
const keptFiles = (home: TestHome) => readdirSync(join(home.root, 'kept'));

/** What the official client leaves after a refresh of the login it has. */
function refreshAsClient(home: TestHome, words: { readonly refresh: string; readonly issuedAt: number }): void {
  const of = sampleAccount('x', {
    userId: 'user-alice',
    accountId: login(home)['account_id'],
    email: 'alice@example.com',
    iat: words.issuedAt / 1000,
    lastRefresh: words.issuedAt,
    refresh: words.refresh,
  });
  writeLogin(home, of);
}

describe('switch', () => {
  test('makes an account the login of the official client', async () => {
    const home = homeUsing();
    expect(plain(home, await switchTo(home, '2'))).toEqual({
      exitCode: 0,
      stdout: '✓ Now using alice@example.com (Studio)\n',
      stderr: '',
    });
    const file = readJson(home.authFile);
    expect(Object.keys(file)).toEqual(['auth_mode', 'OPENAI_API_KEY', 'tokens', 'last_refresh']);
    expect(file).toMatchObject({
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: { account_id: aliceAtStudio.accountId, refresh_token: 'rt-acc_studio' },
    });
    expect(statSync(home.authFile).mode & 0o777).toBe(0o600);
  });

  test('its JSON is of the published shape', async () => {
    const home = homeUsing();
    const { document, exitCode, stderr } = await runJson(home, ['switch', 'acc_studio'], atNoon);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(document).toMatchObject({ schema: 'codex-auth.switch/1', ok: true, warnings: [] });
    expect(switchCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toEqual({
      previousId: 'acc_alice',
      activeId: 'acc_studio',
      account: {
        id: 'acc_studio',
        index: 2,
        email: 'alice@example.com',
        workspace: 'Studio',
        accountId: aliceAtStudio.accountId,
        scope: { kind: 'global' },
      },
      isElsewhere: false,
      changed: true,
      authFile: home.authFile,
      store: 'file',
      adopted: false,
      syncedBack: false,
      surfaces: [],
    });
  });

  test('to the account in use changes nothing on disk', async () => {
    const home = homeUsing();
    const before = [readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')];
    expect((await switchTo(home, 'home')).stdout).toBe('✓ Already using home <alice@example.com> (Personal)\n');
    expect([readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')]).toEqual(before);
  });

  test('back and forth keeps the tokens that the client refreshed meanwhile', async () => {
    const home = homeUsing();
    refreshAsClient(home, { refresh: 'rt-refreshed-1', issuedAt: noon - 60_000 });
    const away = await switchTo(home, '2');
    expect(away.stdout).toContain('newer tokens that auth.json held of the previous account are saved');
    expect(stored(home)[0]).toMatchObject({
      recordId: 'acc_alice',
      refreshToken: 'rt-refreshed-1',
      accountLabel: 'home',
    });
    refreshAsClient(home, { refresh: 'rt-refreshed-2', issuedAt: noon - 30_000 });
    await switchTo(home, '-');
    expect(login(home)['refresh_token']).toBe('rt-refreshed-1');
    await switchTo(home, '-');
    expect(login(home)['refresh_token']).toBe('rt-refreshed-2');
  });

  test('does not take back an older login than the one it has', async () => {
    const home = homeUsing();
    refreshAsClient(home, { refresh: 'rt-older', issuedAt: noon - 5 * 86_400_000 });
    const { document } = await runJson(home, ['switch', '2'], atNoon);
    expect(document.data).toMatchObject({ previousId: 'acc_alice', syncedBack: false });
    expect(stored(home)[0]).toMatchObject({ refreshToken: 'rt-acc_alice' });
  });

  test('keeps what else the file held with the account it was seen with', async () => {
    const home = homeUsing();
    const file = readJson(home.authFile);
    writeJson(home.authFile, { ...file, OPENAI_API_KEY: 'sk-of-alice', future: [1] });
    await switchTo(home, '2');
    expect(readJson(home.authFile)).toMatchObject({ OPENAI_API_KEY: null });
    expect(readJson(home.authFile)).not.toHaveProperty('future');
    await switchTo(home, '1');
    expect(readJson(home.authFile)).toMatchObject({ auth_mode: 'chatgpt', OPENAI_API_KEY: 'sk-of-alice', future: [1] });
  });

  test('adopts a login that nobody knew, and says so', async () => {
    const home = homeUsing();
    writeLogin(home, sampleAccount('x', { userId: 'user-x', accountId: 'x', email: 'x@example.com', refresh: 'rt-x' }));
    const { document } = await runJson(home, ['switch', '2'], atNoon);
    const [, , , adopted] = stored(home);
    expect(adopted).toMatchObject({ email: 'x@example.com', refreshToken: 'rt-x' });
    expect(document.data).toMatchObject({
      adopted: true,
      adoptedId: adopted?.['recordId'],
      previousId: adopted?.['recordId'],
    });
    expect((await switchTo(home, '-')).stdout).toBe('✓ Now using x@example.com\n');
  });

  test('says on stderr whom it adopted', async () => {
    const home = homeUsing();
    writeLogin(home, sampleAccount('x', { userId: 'user-x', accountId: 'x', email: 'x@example.com' }));
    expect((await switchTo(home, '2', '--mask')).stderr).toBe('adopted x***@e***, found in auth.json\n');
  });

  test.each([
    ['an API key', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}'],
    ['a personal access token', '{"OPENAI_API_KEY":null,"personal_access_token":"at-canary-1"}'],
    ['content that is not a complete login', '{"tokens": {"id_tok'],
  ])('replaces %s only with --replace, and keeps the file whole', async (what, content) => {
    const home = homeUsing();
    writeFileSync(home.authFile, content);
    const before = readFileSync(home.poolFile, 'utf8');
    const refused = plain(home, await switchTo(home, '2'));
    expect(refused).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: <home>/codex/auth.json holds ${what}, which would be replaced\n  → add --replace; a copy of what is there is kept\n`,
    });
    expect([readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')]).toEqual([content, before]);

    const { exitCode, stderr } = plain(home, await switchTo(home, '2', '--replace'));
    const [kept = ''] = keptFiles(home);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: `warning: what auth.json held is kept in <home>/codex/multi-auth/kept/${kept}\n`,
    });
    expect(readFileSync(join(home.root, 'kept', kept), 'utf8')).toBe(content);
    expect(statSync(join(home.root, 'kept', kept)).mode & 0o777).toBe(0o600);
  });

  test.each(emptied)(
    'replaces a file that holds nothing without a question, and keeps nothing: %j',
    async (content) => {
      const home = homeUsing();
      writeFileSync(home.authFile, content);
      expect((await runCli(home, ['status'], atNoon)).stdout).toContain('no, the official client is signed out');
      const { document } = await runJson(home, ['doctor', '--offline'], atNoon);
      const row = document.data.checks.find(({ id }: { id: string }) => id === 'auth-file');
      expect(row).toMatchObject({ status: 'ok', message: 'nobody is signed in' });
      expect(await switchTo(home, '2')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(existsSync(join(home.root, 'kept'))).toBe(false);
      expect((await runJson(home, ['status'], atNoon)).document.data.authFile.holds).toBe('account');
    },
  );

  test('two accounts of one email, whose workspaces nobody named, are never called the same', async () => {
    const home = createTestHome();
    const person = { userId: 'user-alice', email: 'alice@example.com' };
    writePool(home, [
      sampleAccount('acc_a', { ...person, accountId: '1111-aaaa' }, { planType: 'team' }),
      sampleAccount('acc_b', { ...person, accountId: '2222-bbbb' }, { planType: 'team' }),
    ]);
    expect((await switchTo(home, '1')).stdout).toBe('✓ Now using alice@example.com (…aaaa)\n');
    expect((await switchTo(home, '2')).stdout).toBe('✓ Now using alice@example.com (…bbbb)\n');
    const { stdout } = await runCli(home, ['list'], atNoon);
    expect(stdout).toContain('alice@example.com (…aaaa)');
    expect(stdout).toContain('alice@example.com (…bbbb)');
    const { stderr } = await switchTo(home, 'alice@example.com');
    expect(stderr).toContain('  acc_a  alice@example.com (…aaaa)\n  acc_b  alice@example.com (…bbbb)\n');
    expect(readFileSync(home.poolFile, 'utf8')).not.toContain('…');
  });

  test('refuses a disabled account without --enable, and enables it only when it becomes active', async () => {
    const home = homeUsing();
    const refused = await switchTo(home, 'bob');
    expect(refused).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: bob@example.com (Studio) is disabled\n  → codex-auth switch acc_bob --enable\n',
    });
    writeFileSync(home.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}');
    expect((await switchTo(home, 'bob', '--enable')).exitCode).toBe(2);
    expect(stored(home)[2]).toMatchObject({ enabled: false });
    expect((await switchTo(home, 'bob', '--enable', '--replace')).stdout).toBe(
      '✓ Now using bob@example.com (Studio)\n',
    );
    expect(stored(home)[2]).toMatchObject({ enabled: true });
  });

  test('warns about a background server of which it knows nothing but that it runs', async () => {
    const home = homeUsing();
    writeJson(join(home.codexHome, 'app-server-daemon', 'daemon.pid'), { pid: process.pid });
    const { stderr } = await switchTo(home, '2');
    expect(stderr).toContain(
      `warning: the official client's background server (pid ${process.pid}) does not tell which account it uses: codex app-server daemon restart\n`,
    );
    writeJson(join(home.codexHome, 'app-server-daemon', 'daemon.pid'), { pid: 2 ** 22 + 1 });
    expect((await switchTo(home, '1')).stderr).toBe('');
  });

  test('of an account without an id token and without a refresh token to get one is a sign-in that is needed', async () => {
    const home = homeUsing();
    const words = { userId: 'v', accountId: 'v', email: 'v@example.com', withIdToken: false };
    const { tokens, ...account } = sampleAccount('acc_v1', words);
    const { refreshToken: _, ...others } = tokens;
    writePool(home, [{ ...account, tokens: others }]);
    const { exitCode, stderr } = await switchTo(home, '1');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('v@example.com has no id token, which the official client needs');
  });

  test('finds an account in another pool, says where it lives and leaves it there', async () => {
    const home = homeUsing();
    const key = makeProject(home);
    const path = writePool(
      home,
      [sampleAccount('acc_p', { email: 'p@example.com', userId: 'p', accountId: 'p' })],
      {},
      key,
    );
    const { stdout, stderr } = await switchTo(home, 'acc_studio');
    expect(stdout).toBe('✓ Now using alice@example.com (Studio)\n  It lives in the global pool.\n');
    expect(stderr).toBe('found in the global pool\n');
    expect((readJson(path)['accounts'] as unknown[]).length).toBe(1);
    expect(stored(home)).toHaveLength(3);
  });

  test('follows a symlink and keeps it', async () => {
    const home = homeUsing();
    const target = join(home.directory, 'elsewhere.json');
    renameSync(home.authFile, target);
    symlinkSync(target, home.authFile);
    await switchTo(home, '2');
    expect(lstatSync(home.authFile).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('rt-acc_studio');
  });
});

describe('switch on a terminal', () => {
  const answer = (home: TestHome, argv: string[], replies: Replies) => runWithAnswers(home, argv, replies, atNoon);

  test('without a selector offers a list, and the one that is chosen becomes active', async () => {
    const home = homeUsing();
    const { exitCode, stdout, stderr } = await answer(home, ['switch'], [[/which account/, keys.down + keys.enter]]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '✓ Now using alice@example.com (Studio)\n' });
    expect(stderr).toMatch(/❯ ● {2}1 {2}home <alice@example\.com> {2}Personal {2}plus +– +unknown/);
    expect(stderr).toMatch(/3 {2}bob@example\.com +Studio +team +– +disabled/);
  });

  test.each([
    ['a part of a name', 'stud', 'alice@example.com (Studio)'],
    ['a number', '2', 'alice@example.com (Studio)'],
    ['what nobody is called, taken back', 'xyz\u007f\u007f\u007fhome', 'home <alice@example.com> (Personal)'],
  ])('the list gets shorter as one types: %s', async (_what, typed, name) => {
    const home = homeUsing();
    const { exitCode, stdout } = await answer(home, ['switch'], [[/which account/, typed + keys.enter]]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining(`using ${name}\n`) });
  });

  test('the list begins at the account that is best now', async () => {
    const home = homeUsing();
    const quota = { observedAt: noon, windows: [] };
    const health = { score: 20, at: noon, consecutiveRefreshFailures: 0 };
    const accounts = { [alice.id]: { quota, health }, [aliceAtStudio.id]: { quota } };
    writeJson(join(home.root, 'account-state.json'), { version: 1, accounts, affinity: {} });
    const { stderr } = await answer(home, ['switch'], [[/which account/, keys.enter]]);
    expect(stderr).toMatch(/❯ {4}2 {2}alice/);
  });

  test('an account without limits is in the list as one', async () => {
    const home = homeUsing();
    const quota = { observedAt: noon, windows: [], additional: [], allowed: true };
    const accounts = { [alice.id]: { quota } };
    writeJson(join(home.root, 'account-state.json'), { version: 1, accounts, affinity: {} });
    const { stderr } = await answer(home, ['switch'], [[/which account/, keys.enter]]);
    expect(stderr).toMatch(/plus +unlimited +ready/);
  });

  test.each([
    ['--plain', ['switch', '--plain'], {}],
    ['ACCESSIBLE', ['switch'], { ACCESSIBLE: '1' }],
    ['TERM=dumb', ['switch'], { TERM: 'dumb' }],
  ])(
    '%s asks by numbers, once more where it was none of them, and draws nothing twice',
    async (_how, argv, variables) => {
      const home = homeUsing();
      const replies: Replies = [
        [/Number, 1 to 3 \(1\):/, `7${keys.enter}`],
        [/"7" is not one of them\.\nNumber/, `2${keys.enter}`],
      ];
      const { exitCode, stdout, stderr } = await runWithAnswers(home, argv, replies, { ...atNoon, variables });
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringContaining('Now using alice@example.com (Studio)\n'),
      });
      expect(stderr).toMatch(/^Switch to which account\?\n {2}1\. .*home.*\n {2}2\. .*\n {2}3\. /);
      expect(stdout + stderr).not.toContain('\u001b');
      const no = await runWithAnswers(home, [...argv, 'bob'], [[/\(y\/N\)/, keys.enter]], { ...atNoon, variables });
      expect(no).toMatchObject({ exitCode: 1, stdout: '' });
    },
  );

  test('a name that means several accounts is a question, and elsewhere an error', async () => {
    const home = homeUsing();
    const replies: Replies = [[/"alice@example\.com" means 2 accounts\. Which one\?/, keys.down + keys.enter]];
    const { exitCode, stdout } = await answer(home, ['switch', 'alice@example.com'], replies);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '✓ Now using alice@example.com (Studio)\n' });
    const labelled = await answer(home, ['label', 'alice@example.com', 'me'], [[/Which one\?/, keys.enter]]);
    expect(labelled.stdout).toContain('is called me');
    expect((await runCli(home, ['switch', 'alice@example.com'], atNoon)).exitCode).toBe(2);
  });

  test.each([
    ['chosen from the list', ['switch'], [[/which account/, keys.down + keys.down + keys.enter]]],
    ['named', ['switch', 'bob'], []],
  ] as const)('asks before it enables an account, %s: no leaves everything as it is', async (_how, argv, replies) => {
    const home = homeUsing();
    const before = [readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')];
    const no = await answer(home, [...argv], [...replies, [/is disabled\. Enable it and use it\?/, keys.enter]]);
    expect(no.exitCode).toBe(1);
    expect(no.stderr).toContain('bob@example.com (Studio) stays disabled, and nothing was switched');
    expect([readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')]).toEqual(before);
    const yes = await answer(home, [...argv], [...replies, [/is disabled\. Enable it and use it\?/, `y${keys.enter}`]]);
    expect(yes).toMatchObject({ exitCode: 0, stdout: '✓ Now using bob@example.com (Studio)\n' });
  });

  test('hides emails in the list under --mask', async () => {
    const { stderr } = await answer(homeUsing(), ['switch', '--mask'], [[/which account/, keys.enter]]);
    expect(stderr).toMatch(/a\*\*\*@e\*\*\* +Studio/);
    expect(stderr).not.toContain('@example.com');
  });

  test('Ctrl-C in the list is exit 130 and changes nothing', async () => {
    const home = homeUsing();
    const before = [readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')];
    const { exitCode, stdout } = await answer(home, ['switch'], [[/which account/, keys.ctrlC]]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect([readFileSync(home.authFile, 'utf8'), readFileSync(home.poolFile, 'utf8')]).toEqual(before);
  });

  test('asks before it replaces an API key: no leaves it, yes keeps a copy', async () => {
    const home = homeUsing();
    const content = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}';
    writeFileSync(home.authFile, content);
    const no = await answer(home, ['switch', '2'], [[/replace it\?/, `n${keys.enter}`]]);
    expect(no.exitCode).toBe(1);
    expect(no.stderr).toContain('auth.json is left as it is');
    expect(readFileSync(home.authFile, 'utf8')).toBe(content);
    const yes = await answer(home, ['switch', '2'], [[/replace it\?/, `y${keys.enter}`]]);
    expect(yes.exitCode).toBe(0);
    expect(keptFiles(home)).toHaveLength(1);
  });
});

test('a pool that cannot be read is exit 6, named, and left as it is', async () => {
  const home = createTestHome();
  mkdirSync(home.root, { recursive: true });
  for (const [content, code] of [
    ['', 'storage-corrupt'],
    ['{"version":3,"acc', 'storage-corrupt'],
    ['{"version":9,"accounts":[]}', 'storage-newer-version'],
  ] as const) {
    writeFileSync(home.poolFile, content);
    for (const argv of [
      ['list'],
      ['status'],
      ['switch', '1'],
      ['label', '1', 'x'],
      ['remove', '1', '--yes'],
      ['login'],
    ]) {
      const { document, exitCode } = await runJson(home, argv);
      expect([argv, exitCode, document.error.code]).toEqual([argv, 6, code]);
      expect(document.error.message).toContain(home.poolFile);
      expect(readFileSync(home.poolFile, 'utf8')).toBe(content);
    }
  }
});

describe('switch with a client configuration that is no TOML', () => {
  function homeWith(toml: string) {
    const home = homeUsing();
    const path = join(home.codexHome, 'config.toml');
    writeFileSync(path, toml);
    return { home, path };
  }

  test('goes on, and says that the client does not start with it', async () => {
    const { home, path } = homeWith('model = "x"\na = = 1\n');
    const { exitCode, document } = await runJson(home, ['switch', '2'], atNoon);
    expect(exitCode).toBe(0);
    expect(document.warnings).toEqual([
      `${path} is no TOML in line 2, so that the official client does not start: correct it, or move it away`,
    ]);
    expect(login(home)['account_id']).toBe(aliceAtStudio.accountId);
  });

  test('is refused where it may restrict logins, and nothing is changed', async () => {
    const { home, path } = homeWith('forced_login_method = api\n');
    const before = readFileSync(home.authFile, 'utf8');
    const { exitCode, document } = await runJson(home, ['switch', '2'], atNoon);
    expect(exitCode).toBe(1);
    expect(document.error).toMatchObject({
      code: 'not-allowed',
      message: `${path} is no TOML in line 1, so that nobody can tell which logins it allows`,
    });
    expect(readFileSync(home.authFile, 'utf8')).toBe(before);
  });
});
