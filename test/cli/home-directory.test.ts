import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { alice, writePool } from '../support/sample-pool.js';

test.each([
  ['', 'HOME is not set, so there is no telling where your accounts are'],
  ['person', 'HOME is not an absolute path: "person"'],
])('with HOME %j nothing is done, and it says why', async (HOME, message) => {
  const variables = { HOME, USERPROFILE: '' };
  const { exitCode, stdout, stderr } = await runCli(createTestHome(), ['list'], { variables });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe(`error: ${message}\n  → set HOME to your home directory\n`);
});

test('a relative CODEX_HOME counts from the current directory, and is shown in full', async () => {
  const home = createTestHome();
  writePool(home, [alice]);
  const options = { cwd: home.cwd, variables: { CODEX_HOME: relative(home.cwd, home.codexHome) } };
  const { document } = await runJson(home, ['list'], options);
  expect(document.data.accounts).toHaveLength(1);
  expect(document.data.scope.path).toBe(join(home.root, 'openai-codex-accounts.json'));
});
