import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt } from '../support/stored-accounts.js';

const atNoon = { clock: clockAt(noon) };

describe('a wrong command line', () => {
  test.each([
    [['lst'], "unknown command 'lst'", 'did you mean list or ls?'],
    [['swich', '1'], "unknown command 'swich'", 'did you mean switch?'],
    [['list', '--jsn'], "unknown option '--jsn'", 'did you mean --json?'],
    [['list', '--bogus'], "unknown option '--bogus'", 'codex-auth list --help'],
    [['ls', 'extra'], 'list takes no arguments, but got 1', 'codex-auth list --help'],
    [['switch', '1', '2'], 'switch takes 1 argument at most, but got 2', 'codex-auth switch --help'],
    [['label', '2', 'my', 'work'], 'label takes 2 arguments at most, but got 3', 'codex-auth label --help'],
    [['config', 'bogus'], "config has no command 'bogus'", 'codex-auth config --help'],
    [['config', 'sett', 'quotaTtlMs', '5'], "config has no command 'sett'", 'did you mean set?'],
    [['config', '--project', '.', 'lst'], "config has no command 'lst'", 'did you mean list?'],
    [['config', 'list', 'extra'], 'config list takes no arguments, but got 1', 'codex-auth config list --help'],
    [['config', 'get', 'a', 'b'], 'config get takes 1 argument at most, but got 2', 'codex-auth config get --help'],
    [['label', '1'], "missing required argument 'text'", 'codex-auth label --help'],
    [['remove'], "missing required argument 'selector'", 'codex-auth remove --help'],
    [
      ['list', '--timeout', 'soon'],
      /^option '--timeout <seconds>' argument 'soon' is invalid/,
      'codex-auth list --help',
    ],
    [['config', 'set', 'quotaTtlMs'], "missing required argument 'value'", 'codex-auth config set --help'],
    [
      ['completion', 'nope'],
      "the shell is one of bash, zsh, fish, powershell, not 'nope'",
      'codex-auth completion --help',
    ],
    [['auth', 'auth', 'list'], "unknown command 'auth'", 'codex-auth --help'],
    [['best', '--session', ' '], /^option '--session <id>' argument ' ' is invalid/, 'codex-auth best --help'],
    [['--mask'], 'no command is given', 'codex-auth --help'],
    [['help', 'bogus'], "there is no command and no topic 'bogus'", 'codex-auth --help, or codex-auth help topics'],
    [['list', '--out', ''], '--out needs a file name, but got an empty one', 'name a file: --out accounts.csv'],
    [['list', '--out', '.'], '--out . is a directory', 'name a file in it'],
    [['list', '--global', '--project', '.'], '--global and --project exclude each other', 'use one of the two'],
    [
      ['login', '--manual', '--device-auth'],
      '--device-auth and --manual are two ways to sign in',
      'use one of the two',
    ],
    [
      ['login', '--expect', 'bob'],
      '--expect needs an email address, but got "bob"',
      'codex-auth login --expect me@example.com',
    ],
    [
      ['login', '--label', '12'],
      '"12" cannot be a label: digits alone mean a position in the list',
      'choose a short name such as "work"',
    ],
  ])('%j is exit 2 with a way on, as text and as JSON', async (argv, message, hint) => {
    const home = createTestHome();
    const said = typeof message === 'string' ? message : expect.stringMatching(message);
    const { document, exitCode } = await runJson(home, argv);
    expect(exitCode).toBe(2);
    expect(document).toMatchObject({ ok: false, error: { code: 'usage', message: said, hint } });
    const text = await runCli(home, argv);
    expect(text).toEqual({ exitCode: 2, stdout: '', stderr: `error: ${document.error.message}\n  → ${hint}\n` });
    expect(readdirSync(home.codexHome)).toEqual([]);
  });

  test('names the command in the schema, by its own name, and "error" without one', async () => {
    const home = createTestHome();
    expect((await runJson(home, ['ls', '--bogus'])).document.schema).toBe('codex-auth.list/1');
    expect((await runJson(home, ['bogus'])).document.schema).toBe('codex-auth.error/1');
    expect((await runJson(home, [])).document.schema).toBe('codex-auth.error/1');
  });

  test.each([
    ['use', 'switch'],
    ['add', 'login'],
    ['rm', 'remove'],
    ['rename', 'label'],
    ['current', 'status'],
    ['whoami', 'status'],
  ])('%s is another word for %s', async (word, name) => {
    const usage = (await runCli(createTestHome(), [word, '--help'])).stdout.split('\n')[0];
    expect(usage).toContain(`codex-auth ${name}`);
  });

  test.each(['version', '-v', '-V', '--version'])('%s shows the version', async (word) => {
    expect((await runCli(createTestHome(), [word])).stdout).toBe('0.0.0-test\n');
  });

  test('logout does not exist and says what to use, never "did you mean login"', async () => {
    const { exitCode, stderr } = await runCli(createTestHome(), ['logout']);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'error: there is no logout, because it would end the login for every copy of it\n' +
        '  → codex-auth switch <account>, or codex-auth remove <account>\n',
    );
  });

  test('--json behind -- is no option', async () => {
    const { exitCode, stdout, stderr } = await runCli(createTestHome(), ['label', '--', '1', '--json']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('cannot be a label: it would read as an option');
  });

  test('shows what was typed without obeying it', async () => {
    const { stderr } = await runCli(createTestHome(), ['\u001b[2Jlist']);
    expect(stderr).toContain("unknown command '?[2Jlist'");
  });
});

describe('a selector', () => {
  const accounts = [
    alice,
    aliceAtStudio,
    sampleAccount('acc_bob2', { email: 'bobby@example.com', userId: 'b2', accountId: 'b2' }),
  ];

  test.each([
    ['7', 3, 'there is no account 7; the list has 3'],
    ['nobody', 3, 'no account matches "nobody"'],
    ['-', 3, 'there is no previous account to go back to'],
  ])('%j that means nobody is exit %i', async (selector, code, message) => {
    const home = createTestHome();
    writePool(home, accounts);
    const { exitCode, stderr, stdout } = await runCli(home, ['switch', selector], atNoon);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toBe(`error: ${message}\n  → codex-auth list\n`);
  });

  test('that means two is exit 2 and lists them, masked where asked', async () => {
    const home = createTestHome();
    writePool(home, accounts);
    const { document, exitCode } = await runJson(home, ['switch', 'alice@example.com'], atNoon);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({
      code: 'ambiguous-selector',
      details: { candidates: [{ id: 'acc_alice' }, { id: 'acc_studio' }] },
    });
    expect(document.error.message).toContain('  acc_alice  home (Personal), alice@example.com\n');
    expect(document.error.message).toContain('  acc_studio  alice@example.com (Studio)');
    for (const argv of [
      ['switch', 'example', '--mask'],
      ['switch', 'example', '--mask', '--json'],
    ]) {
      const { stdout, stderr } = await runCli(home, argv, atNoon);
      expect(stdout + stderr).toContain('b***@e***');
      expect(stdout + stderr).not.toMatch(/alice@|bobby@|@example\.com/);
    }
  });

  test('that means two of other pools says which pools', async () => {
    const home = createTestHome();
    writePool(home, [alice, aliceAtStudio]);
    writePool(home, [bob], {}, makeProject(home));
    const { stderr } = await runCli(home, ['switch', 'alice'], atNoon);
    expect(stderr).toContain('  acc_studio  alice@example.com (Studio), in the global pool\n');
  });

  test('on an empty pool is exit 3', async () => {
    for (const argv of [
      ['switch'],
      ['switch', '1'],
      ['switch', '-'],
      ['label', 'x', 'y'],
      ['enable', 'x'],
      ['disable', '1'],
      ['remove', '1', '--yes'],
    ]) {
      const { exitCode, stderr } = await runCli(createTestHome(), argv, atNoon);
      expect([argv, exitCode, stderr]).toEqual([argv, 3, 'error: there are no accounts yet\n  → codex-auth login\n']);
    }
  });

  const terminal = { columns: 80 };

  test.each([
    ['without a terminal', [], {}],
    ['with --no-input', ['--no-input'], { terminal }],
    ['with --json', ['--json'], { terminal }],
  ])('%s nothing is asked', async (_how, flags, options) => {
    const home = createTestHome();
    writePool(home, accounts);
    writeLogin(home, alice);
    for (const [argv, message] of [
      [['switch'], 'switch needs to know which account'],
      [['remove', '3'], 'remove would forget bobby@example.com'],
    ] as const) {
      const { exitCode, stdout, stderr } = await runCli(home, [...argv, ...flags], { ...atNoon, ...options });
      expect(exitCode).toBe(2);
      expect(stdout + stderr).toContain(message);
      expect(stderr).not.toContain('?');
    }
  });
});
