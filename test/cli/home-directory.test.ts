import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCodexAuth } from '../../src/index.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { alice, writeLogin, writePool } from '../support/sample-pool.js';

test.each([
  ['', 'HOME is not set, so there is no telling where your accounts are'],
  ['person', 'HOME is not an absolute path: "person"'],
])('with HOME %j and no CODEX_HOME nothing is done, and it says why', async (HOME, message) => {
  const variables = { HOME, USERPROFILE: '', CODEX_HOME: '' };
  const { exitCode, stdout, stderr } = await runCli(createTestHome(), ['list'], { variables });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe(`error: ${message}\n  → set HOME to your home directory\n`);
});

describe.each(['', 'person'])('with HOME %j and a CODEX_HOME', (HOME) => {
  const options = { variables: { HOME, USERPROFILE: '' } };

  test.each(['list', 'status', 'switch 1', 'config', 'config set perProjectAccounts false'])(
    '%s works',
    async (line) => {
      const home = createTestHome();
      writePool(home, [alice]);
      writeLogin(home, alice);
      const { exitCode, stderr } = await runCli(home, line.split(' '), options);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    },
  );

  test('doctor says what it says with a HOME', async () => {
    const home = createTestHome();
    writePool(home, [alice]);
    const ids = async (given: CliOptions) => {
      const { document } = await runJson(home, ['doctor', '--offline'], given);
      return document.data.checks.map(({ id, status }: { id: string; status: string }) => `${id} ${status}`);
    };
    expect(await ids(options)).toEqual(await ids({}));
  });

  test.each(['setup', 'uninstall'])('%s does not guess where the files of the shells are', async (name) => {
    const { exitCode, stderr } = await runCli(createTestHome(), [name, '--yes'], options);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('set HOME to your home directory');
  });
});

/** What somebody wrote, where nothing may be written below, and what the message and the hint then say. */
const spellings: readonly (readonly [name: string, value: string, message: string, hint: string])[] = [
  ['CODEX_HOME', '~/.codex', 'CODEX_HOME points to "~/.codex", but that path does not exist', 'PERSON/.codex'],
  ['CODEX_HOME', '~', 'CODEX_HOME points to "~", but that path does not exist', 'PERSON'],
  ['CODEX_HOME', '$HOME/.codex', 'CODEX_HOME points to "$HOME/.codex", but that path does not exist', 'PERSON/.codex'],
  ['CODEX_HOME', `\${HOME}/x`, `CODEX_HOME points to "\${HOME}/x", but that path does not exist`, 'PERSON/x'],
  ['CODEX_HOME', '"/srv/codex"', 'CODEX_HOME points to "\\"/srv/codex\\"", but that path does not exist', '/srv/codex'],
  ['CODEX_HOME', "'~/.codex'", 'CODEX_HOME points to "\'~/.codex\'", but that path does not exist', 'PERSON/.codex'],
  ['CODEX_HOME', '$UNKNOWN/x', 'CODEX_HOME points to "$UNKNOWN/x", but that path does not exist', 'an absolute path'],
  ['CODEX_HOME', 'missing', 'CODEX_HOME points to "missing", but that path does not exist', 'WORK/missing'],
  ['CODEX_HOME', './there', 'CODEX_HOME is not an absolute path: "./there"', 'WORK/there'],
  [
    'CODEX_HOME',
    '/nonexistent/home',
    'CODEX_HOME points to "/nonexistent/home", but that path does not exist',
    'mkdir',
  ],
  ['CODEX_HOME', '/dev/null', 'CODEX_HOME points to "/dev/null", but that path is not a directory', 'a directory'],
  [
    'CODEX_MULTI_AUTH_DIR',
    '~/accounts',
    'CODEX_MULTI_AUTH_DIR is not an absolute path: "~/accounts"',
    'PERSON/accounts',
  ],
  ['CODEX_MULTI_AUTH_DIR', '$HOME/a', 'CODEX_MULTI_AUTH_DIR is not an absolute path: "$HOME/a"', 'PERSON/a'],
  ['CODEX_MULTI_AUTH_DIR', 'accounts', 'CODEX_MULTI_AUTH_DIR is not an absolute path: "accounts"', 'WORK/accounts'],
];

describe.each(spellings)('%s=%s', (name, value, message, place) => {
  const hintIn = (home: TestHome) => place.replace('PERSON', home.variables['HOME'] ?? '').replace('WORK', home.cwd);
  const misspelled = () => {
    const home = createTestHome();
    mkdirSync(join(home.cwd, 'there'));
    writeLogin(home, alice);
    return home;
  };

  test.each(['list', 'status', 'switch 1', 'login', 'check', 'config set perProjectAccounts false', 'doctor --fix'])(
    'is refused by %s, and nothing is written below the current directory',
    async (line) => {
      const home = misspelled();
      const { exitCode, stdout, stderr } = await runCli(home, line.split(' '), { variables: { [name]: value } });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain(`error: ${message}\n`);
      expect(stderr).toContain(hintIn(home));
      expect(readdirSync(home.cwd, { recursive: true })).toEqual(['there']);
    },
  );

  test('is a row of doctor, which looks on', async () => {
    const home = misspelled();
    const { exitCode, document } = await runJson(home, ['doctor', '--offline'], { variables: { [name]: value } });
    expect(exitCode).toBe(1);
    const row = document.data.checks.find(({ id }: { id: string }) => id === 'environment');
    expect(row).toMatchObject({ status: 'error', message: expect.stringContaining(message) });
    expect(row.commands.join()).toContain(hintIn(home));
    expect(readdirSync(home.cwd, { recursive: true })).toEqual(['there']);
  });

  test('is refused by the library', () => {
    const { variables, cwd } = misspelled();
    expect(() => openCodexAuth({ environment: { ...variables, [name]: value }, cwd })).toThrow(message);
  });
});

test('a link to a directory is a home', async () => {
  const home = createTestHome();
  writePool(home, [alice]);
  const link = join(home.directory, 'link');
  symlinkSync(home.codexHome, link);
  const { document } = await runJson(home, ['list'], { variables: { CODEX_HOME: link } });
  expect(document.data.accounts).toHaveLength(1);
});
