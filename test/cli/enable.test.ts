import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { disableCommand, enableCommand } from '../../src/cli/commands/enable.js';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
import { alice, bob, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };

function twoAccounts() {
  const home = createTestHome();
  writePool(home, [alice, bob]);
  const accounts = () => readJson(home.poolFile)['accounts'] as Record<string, unknown>[];
  return { home, accounts, run: (...argv: string[]) => runCli(home, argv, atNoon) };
}

test('disable sets an account aside and enable takes that back', async () => {
  const { accounts, run } = twoAccounts();
  expect(await run('disable', 'home')).toEqual({
    exitCode: 0,
    stdout: '✓ home <alice@example.com> (Personal) is now disabled\n',
    stderr: '',
  });
  expect(accounts()[0]).toMatchObject({ recordId: 'acc_alice', enabled: false });
  expect((await run('enable', 'home')).stdout).toBe('✓ home <alice@example.com> (Personal) is now enabled\n');
  expect(accounts()[0]).toMatchObject({ recordId: 'acc_alice', enabled: true });
});

test('what is already so is said and not written again', async () => {
  const { home, run } = twoAccounts();
  const before = readFileSync(home.poolFile, 'utf8');
  expect((await run('disable', 'bob')).stdout).toBe('✓ bob@example.com (Studio) was already disabled\n');
  expect((await run('enable', '1')).stdout).toBe('✓ home <alice@example.com> (Personal) was already enabled\n');
  expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
});

test('disabling the account in use says that the official client keeps it', async () => {
  const { home, run } = twoAccounts();
  writeLogin(home, alice);
  expect((await run('disable', '1')).stderr).toBe(
    'warning: the official client is using this account and keeps it until: codex-auth switch <another account>\n',
  );
});

test('their JSON is of the published shape', async () => {
  const { home } = twoAccounts();
  for (const [name, command] of [
    ['disable', disableCommand],
    ['enable', enableCommand],
  ] as const) {
    const { document } = await runJson(home, [name, '1'], atNoon);
    expect(document.schema).toBe(`codex-auth.${name}/1`);
    expect(command.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({ id: 'acc_alice', index: 1, enabled: name === 'enable', changed: true });
  }
});
