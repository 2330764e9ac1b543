import { describe, expect, test } from 'vitest';
import { keys, runWithAnswers } from '../support/answers.js';
import { type CliOptions, createTestHome, runCli } from '../support/cli.js';
import { alice, aliceAtStudio, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const style = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`);
const narrow = { variables: { COLUMNS: '80' } };

describe('help', () => {
  test('of switch explains itself, with examples', async () => {
    expect((await runCli(createTestHome(), ['switch', '--help'], narrow)).stdout).toMatchInlineSnapshot(`
      "Usage: codex-auth switch|use [options] [selector]

      Makes an account the login of the official client. The login found there is
      first copied back to the account it belongs to, so that the client's own
      refreshes are never lost. With --here or --dir, the login stays as it is, and
      codex runs as that account in one project or directory.

      Arguments:
        selector             index, email, label, workspace or id, or an unambiguous
                             part of one; - means the previous account

      Options:
        --enable             enable the account if it is disabled
        --replace            replace a login that cannot be adopted, after keeping a
                             copy of it
        --take               take the login from a home that cannot be read now, which
                             signs that home out
        --here               bind this project with its worktrees, or else this
                             directory: codex runs as the account in it
        --dir <dir>          the same for another directory
        --clear              with --here or --dir: take the binding away
        --restart-daemon     restart the background server of the official client if
                             it keeps another account
        -h, --help           show help

      Global Options:
        -V, --version        show the version
        --json               print one JSON document
        --project <dir>      use the accounts of this directory's project
        --global             use the global accounts
        --config <file>      use this settings file
        --proxy <url>        send requests through this proxy; an empty value forces a
                             direct connection
        --timeout <seconds>  time limit for each request that spends no token
        --mask               hide email addresses
        --no-input           never prompt
        --no-color           print without colour
        --plain              ask by numbers and draw nothing twice, for screen readers

      Examples:
        $ codex-auth switch 2
        $ codex-auth switch work@example.com
        $ codex-auth switch -
        $ codex-auth switch work --here
        $ codex-auth switch --here --clear
      "
    `);
  });

  test('of login explains itself, with examples', async () => {
    expect((await runCli(createTestHome(), ['help', 'login'], narrow)).stdout).toMatchInlineSnapshot(`
      "Usage: codex-auth login|add [options]

      Signs in with a browser, a device code or a pasted callback URL, and adds the
      account to this scope. Signing in again gives the account its new login in every
      home that has it.

      Options:
        --device-auth        sign in with a code on another device
        --manual             paste the callback URL instead of waiting for the browser
        --no-browser         the same as --manual
        --label <text>       label the account
        --expect <email>     accept this email address only
        --activate           make it the active account
        --no-activate        leave the active account as it is
        -h, --help           show help

      Global Options:
        -V, --version        show the version
        --json               print one JSON document
        --project <dir>      use the accounts of this directory's project
        --global             use the global accounts
        --config <file>      use this settings file
        --proxy <url>        send requests through this proxy; an empty value forces a
                             direct connection
        --timeout <seconds>  time limit for each request that spends no token
        --mask               hide email addresses
        --no-input           never prompt
        --no-color           print without colour
        --plain              ask by numbers and draw nothing twice, for screen readers

      Examples:
        $ codex-auth login --label work
        $ codex-auth login --device-auth
        $ codex-auth login --expect me@example.com
      "
    `);
  });

  test('every command has a summary, a description and examples', async () => {
    const { stdout } = await runCli(createTestHome(), ['--help'], narrow);
    const [, commands = ''] = stdout.split(/^Accounts:/m);
    const names = [...commands.matchAll(/^ {2}([a-z][a-z-]*)[| ].* {2,}\S/gm)].map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['login', 'list', 'status', 'switch', 'label', 'enable', 'disable', 'remove']),
    );
    for (const name of names.filter((each) => each !== 'help')) {
      const help = await runCli(createTestHome(), [name ?? '', '--help'], narrow);
      expect([name, help.exitCode, help.stdout]).toEqual([
        name,
        0,
        expect.stringMatching(/^Usage: .*\n\n\S[\s\S]*(Examples:\n {2}\$ codex-auth |Commands:\n)/),
      ]);
    }
  });

  test('is what a bare call prints, and never wider than the terminal', async () => {
    const bare = await runCli(createTestHome(), [], narrow);
    expect(bare).toEqual(await runCli(createTestHome(), ['--help'], narrow));
    expect(bare.exitCode).toBe(0);
    expect(Math.max(...bare.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('of a member of a group is that of the member, whichever way it is asked for', async () => {
    const asked = await runCli(createTestHome(), ['help', 'config', 'set'], narrow);
    expect(asked.stdout).toMatch(/^Usage: codex-auth config set /);
    expect(asked).toEqual(await runCli(createTestHome(), ['config', 'set', '--help'], narrow));
  });

  test('the version is one line', async () => {
    expect(await runCli(createTestHome(), ['--version'])).toEqual({ exitCode: 0, stdout: '0.0.0-test\n', stderr: '' });
  });
});

describe('output', () => {
  test.each([
    'list',
    'status',
    'switch 2',
    'switch 9',
    'label 1 x',
    'disable 1',
    'enable 1',
    'remove 1',
    'remove 1 --yes',
    'nothing',
    'login --manual',
  ])('of %s with --json is exactly one document on stdout', async (line) => {
    const argv = line.split(' ');
    const home = createTestHome();
    writePool(home, [alice, aliceAtStudio]);
    writeLogin(home, alice);
    for (const words of [
      [...argv, '--json'],
      ['--json', ...argv],
    ]) {
      const { exitCode, stdout } = await runCli(home, words, atNoon);
      const document = JSON.parse(stdout);
      expect(document).toMatchObject({
        schema: expect.stringMatching(/^codex-auth\.[a-z-]+\/1$/),
        ok: expect.any(Boolean),
      });
      expect(document.ok ? 'data' in document : 'error' in document).toBe(true);
      expect(exitCode === 0).toBe(document.ok);
      expect(stdout.endsWith('}\n')).toBe(true);
    }
  });

  test('has colour on a terminal only, and none with --no-color, NO_COLOR or TERM=dumb', async () => {
    const home = createTestHome();
    writePool(home, [alice, aliceAtStudio]);
    const hasColor = async (argv: string[], options: CliOptions) =>
      (await runCli(home, argv, { ...atNoon, ...options })).stdout.includes('\u001b[');
    const terminal = { columns: 100 };
    const TERM = 'xterm';
    expect(await hasColor(['list'], { terminal, variables: { TERM } })).toBe(true);
    expect(await hasColor(['list', '--no-color'], { terminal, variables: { TERM } })).toBe(false);
    expect(await hasColor(['list'], { terminal, variables: { TERM, NO_COLOR: '1' } })).toBe(false);
    expect(await hasColor(['list'], { terminal, variables: { TERM: 'dumb' } })).toBe(false);
    expect(await hasColor(['list'], { variables: { TERM } })).toBe(false);
    expect(await hasColor(['list'], { variables: { TERM, FORCE_COLOR: '1' } })).toBe(true);
  });

  test('failures are red on a terminal and end with what to do', async () => {
    const { stderr } = await runCli(createTestHome(), ['status'], {
      terminal: { columns: 80 },
      variables: { TERM: 'xterm' },
    });
    expect(stderr).toBe('\u001b[31merror:\u001b[39m there are no accounts yet\n  → codex-auth login\n');
    const plain = await runCli(createTestHome(), ['status', '--no-color'], {
      terminal: { columns: 80 },
      variables: { TERM: 'xterm', LC_ALL: 'C' },
    });
    expect(plain.stderr).toBe('error: there are no accounts yet\n  -> codex-auth login\n');
  });

  test.each<[string, string[], Record<string, string>, boolean]>([
    ['colour', [], {}, true],
    ['--no-color', ['--no-color'], {}, false],
    ['NO_COLOR', [], { NO_COLOR: '1' }, false],
    ['TERM=dumb', [], { TERM: 'dumb', FORCE_COLOR: '' }, false],
  ])('a question heeds %s like everything else', async (_, flags, variables, hasColor) => {
    const home = createTestHome();
    writePool(home, [alice, aliceAtStudio]);
    const options = { variables: { NO_COLOR: '', ...variables } };
    const choosing = await runWithAnswers(home, ['switch', ...flags], [[/which account/, keys.enter]], options);
    const agreeing = await runWithAnswers(home, ['remove', '1', ...flags], [[/Remove/, `y${keys.enter}`]], options);
    const asked = choosing.stderr + agreeing.stderr;
    expect(asked.match(style) !== null).toBe(hasColor);
  });

  test('without a home directory says what to set', async () => {
    const { exitCode, stderr } = await runCli({ ...createTestHome(), variables: {} }, ['list']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('set HOME to your home directory');
  });
});
