import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { labelCommand } from '../../src/cli/commands/label.js';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
import { alice, aliceAtStudio, bob, noon, writePool } from '../support/sample-pool.js';
import { clockAt } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };

function twoAccounts() {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio]);
  return { home, label: (...argv: string[]) => runCli(home, ['label', ...argv], atNoon) };
}

test('names an account, which then answers to that name', async () => {
  const { home, label } = twoAccounts();
  expect(await label('2', '  client  ')).toEqual({
    exitCode: 0,
    stdout: '✓ alice@example.com (Studio) is called client\n',
    stderr: '',
  });
  expect((await runCli(home, ['disable', 'Client'], atNoon)).stdout).toBe(
    '✓ client <alice@example.com> (Studio) is now disabled\n',
  );
});

test('an empty text takes the name away', async () => {
  const { home, label } = twoAccounts();
  expect((await label('home', '')).stdout).toBe('✓ alice@example.com (Personal) has no label\n');
  expect(readFileSync(home.poolFile, 'utf8')).not.toContain('"accountLabel"');
});

test('the same name again writes nothing', async () => {
  const { home, label } = twoAccounts();
  const before = readFileSync(home.poolFile, 'utf8');
  expect((await label('1', 'home')).stdout).toBe('✓ alice@example.com (Personal) is already called home\n');
  expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
});

test('warns when two accounts share a name', async () => {
  const { label } = twoAccounts();
  const { exitCode, stderr } = await label('2', 'HOME');
  expect(exitCode).toBe(0);
  expect(stderr).toBe('warning: another account is called "HOME" too, so the label alone selects neither\n');
});

test("refuses another account's address, but not its own", async () => {
  const home = createTestHome();
  writePool(home, [alice, bob]);
  const { exitCode, stderr } = await runCli(home, ['label', '2', 'Alice@Example.com'], atNoon);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('"Alice@Example.com" cannot be a label: it is the address of another account');
  expect(readFileSync(home.poolFile, 'utf8')).not.toContain('Alice@Example.com');
  expect((await runCli(home, ['label', '2', 'bob@example.com'], atNoon)).exitCode).toBe(0);
  const login = await runCli(home, ['login', '--manual', '--label', 'bob@example.com'], atNoon);
  expect(login).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('it is the address of another account') });
});

test.each([
  ['7', 'digits alone mean a position in the list'],
  ['a\u001bb', 'it has control or invisible characters'],
  ['a\u202eb', 'it has control or invisible characters'],
  ['x'.repeat(61), 'it is longer than 60 characters'],
])('refuses %j', async (text, reason) => {
  const { home, label } = twoAccounts();
  const before = readFileSync(home.poolFile, 'utf8');
  const { exitCode, stderr } = await label('1', text);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`cannot be a label: ${reason}`);
  expect(stderr).not.toContain('\u001b');
  expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
});

test('its JSON is of the published shape and masks emails', async () => {
  const { home } = twoAccounts();
  const { document } = await runJson(home, ['label', '2', 'client', '--mask'], atNoon);
  expect(labelCommand.schema.parse(document.data)).toEqual(document.data);
  expect(document.data).toEqual({
    id: 'acc_studio',
    index: 2,
    email: 'a***@e***',
    label: 'client',
    workspace: 'Studio',
    accountId: aliceAtStudio.accountId,
    scope: { kind: 'global' },
    changed: true,
  });
});
