import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
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

test('a relative CODEX_HOME counts from the current directory, and is shown in full', async () => {
  const home = createTestHome();
  writePool(home, [alice]);
  const options = { cwd: home.cwd, variables: { CODEX_HOME: relative(home.cwd, home.codexHome) } };
  const { document } = await runJson(home, ['list'], options);
  expect(document.data.accounts).toHaveLength(1);
  expect(document.data.scope.path).toBe(join(home.root, 'openai-codex-accounts.json'));
});
