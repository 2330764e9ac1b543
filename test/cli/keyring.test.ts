import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusCommand } from '../../src/cli/commands/status.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { alice, aliceAtStudio, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { hasKeyringLibrary } from '../support/secret-service.js';
import { clockAt } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };

/** Nothing here reaches a keyring: test/support/isolate.ts sees to that. */
function homeWith(config: string): TestHome {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio], { activeId: alice.id });
  writeFileSync(join(home.codexHome, 'config.toml'), config);
  return home;
}

const wayOut = (home: TestHome) =>
  `set cli_auth_credentials_store = "file" in ${join(home.codexHome, 'config.toml')}, then sign in or switch again`;

const unusable: readonly [string, string, RegExp][] = [
  ['that cannot be reached', 'cli_auth_credentials_store = "keyring"', /keeps its login in the keyring/],
  [
    'that holds only the key of an encrypted file',
    'cli_auth_credentials_store = "keyring"\n[features]\nsecret_auth_storage = true',
    /in an encrypted file that only it can read/,
  ],
  ['that is its memory', 'cli_auth_credentials_store = "ephemeral"', /in memory, so that there is nothing to switch/],
];

describe('a credential store of the official client', () => {
  test.each(unusable)(
    '%s is no place to switch to: refused, nothing written, and how to change it',
    async (_what, config, why) => {
      const home = homeWith(config);
      const before = readFileSync(home.poolFile, 'utf8');
      const { document, exitCode } = await runJson(home, ['switch', 'acc_studio'], atNoon);
      expect({ exitCode, error: document.error }).toMatchObject({
        exitCode: 6,
        error: { code: 'credential-store', message: expect.stringMatching(why), hint: wayOut(home) },
      });
      expect([existsSync(home.authFile), readFileSync(home.poolFile, 'utf8')]).toEqual([false, before]);
    },
  );

  test.each([
    ['cli_auth_credentials_store = "ephemeral"', 'memory', 'in the memory of the official client'],
    ['cli_auth_credentials_store = [', 'unknown', 'in a place that its damaged configuration does not tell'],
  ])('status tells where the login is with %s', async (config, store, text) => {
    const home = homeWith(config);
    const { document } = await runJson(home, ['status'], atNoon);
    expect(document.data.authFile.store).toBe(store);
    expect((await runCli(home, ['status'], atNoon)).stdout).toContain(text);
  });

  test.each(unusable.slice(0, 2))('%s hides no account', async (_what, config, why) => {
    const home = homeWith(config);
    const list = await runCli(home, ['list'], atNoon);
    expect({ exitCode: list.exitCode, stderr: list.stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(why),
    });
    expect(list.stdout).toContain('alice@example.com');
    const status = await runJson(home, ['status'], atNoon);
    expect(statusCommand.schema.parse(status.document.data)).toEqual(status.document.data);
    expect(status).toMatchObject({
      exitCode: 1,
      document: { data: { authFile: { store: 'keyring', holds: 'unknown' } } },
    });
  });

  test.each(unusable)('%s is an error of doctor', async (_what, config) => {
    const { document } = await runJson(homeWith(config), ['doctor', '--offline'], atNoon);
    const rows = document.data.checks.filter(({ status }: { status: string }) => status === 'error');
    expect(rows).toMatchObject([{ id: 'credential-store', message: expect.stringContaining('config.toml says') }]);
  });

  test.skipIf(!hasKeyringLibrary())(
    'that is "auto", where the keyring cannot be used, is the file, and whoever can use it is told apart',
    async () => {
      const home = homeWith('cli_auth_credentials_store = "auto"');
      writeLogin(home, alice);
      const { document, exitCode } = await runJson(home, ['switch', 'acc_studio'], atNoon);
      expect({ exitCode, ...document }).toMatchObject({
        exitCode: 0,
        data: { store: 'file', previousId: 'acc_alice' },
        warnings: [
          expect.stringMatching(/the keyring, which cannot be used here: .*an entry in it counts instead; set/),
        ],
      });
      expect(document.warnings[0]).toContain(`cli_auth_credentials_store = "file" in ${home.codexHome}`);
      expect(readFileSync(home.authFile, 'utf8')).toContain('rt-acc_studio');
      const doctor = await runJson(home, ['doctor', '--offline'], atNoon);
      const row = doctor.document.data.checks.find(({ id }: { id: string }) => id === 'credential-store');
      expect(row).toMatchObject({ status: 'warn', message: expect.stringContaining('which cannot be used here') });
    },
  );

  test('that is "auto" and an encrypted file, which the client can read and we cannot, is no place to switch to', async () => {
    const home = homeWith('cli_auth_credentials_store = "auto"\n[features]\nsecret_auth_storage = true');
    writeLogin(home, alice);
    const before = readFileSync(home.authFile, 'utf8');
    const { document, exitCode } = await runJson(home, ['switch', 'acc_studio'], atNoon);
    expect({ exitCode, error: document.error }).toMatchObject({
      exitCode: 6,
      error: { code: 'credential-store', hint: wayOut(home) },
    });
    expect(readFileSync(home.authFile, 'utf8')).toBe(before);
  });
});
