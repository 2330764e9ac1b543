import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { flaggedFileOf } from '../support/flagged-records.js';
import { alice, aliceAtStudio, bob, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson } from '../support/stored-accounts.js';

let home: TestHome;
beforeEach(() => {
  home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob], { activeId: 'acc_studio' });
});

const ids = (path: string) => (readJson(path)['accounts'] as { recordId: string }[]).map(({ recordId }) => recordId);
const atNoon = { clock: clockAt(noon) };

it('moves the account out of its pool, whole, with the reason and the time', async () => {
  const { exitCode, stdout, stderr } = await runCli(home, ['flag', 'bob'], atNoon);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: '✓ bob@example.com (Studio) is set aside; to bring it back: codex-auth verify-flagged\n',
    stderr: '',
  });
  expect(ids(home.poolFile)).toEqual(['acc_alice', 'acc_studio']);
  expect(readJson(flaggedFileOf(home))).toMatchObject({
    version: 1,
    accounts: [
      {
        recordId: 'acc_bob',
        refreshToken: 'rt-acc_bob',
        enabled: false,
        flaggedReason: 'manual',
        flaggedAt: noon,
        movedAt: noon,
        verificationCount: 0,
      },
    ],
  });
});

it('asks nobody and touches neither auth.json nor the choice of the pool', async () => {
  writeLogin(home, alice);
  const authFile = readFileSync(home.authFile, 'utf8');
  await runCli(home, ['flag', '1'], atNoon);
  expect(readFileSync(home.authFile, 'utf8')).toBe(authFile);
  expect(readJson(home.poolFile)).toMatchObject({ activeId: 'acc_studio' });
});

it('says loudly that the account is in use, until when it works, and what to use instead', async () => {
  writeLogin(home, alice);
  const { document, exitCode } = await runJson(home, ['flag', 'home'], atNoon);
  expect(exitCode).toBe(0);
  expect(document.data).toMatchObject({
    id: 'acc_alice',
    index: 1,
    scope: { kind: 'global' },
    reason: 'manual',
    changed: true,
    inUse: true,
    recommendation: { id: 'acc_studio', index: 1 },
  });
  expect(document.warnings).toEqual([
    'home (Personal) is in use and set aside, because you said so; it works until 2026-11-30 12:00, in 9d; use another: codex-auth switch 1',
  ]);
});

it('advises to sign in again when there is no other account', async () => {
  writePool(home, [alice]);
  writeLogin(home, alice);
  const { stderr } = await runCli(home, ['flag', '1'], atNoon);
  expect(stderr).toContain('sign in again: codex-auth login');
});

it('leaves an account alone that is set aside already, and says why it was', async () => {
  await runCli(home, ['flag', 'bob'], atNoon);
  const before = readFileSync(flaggedFileOf(home), 'utf8');
  const { exitCode, document } = await runJson(home, ['flag', 'bob@example.com'], { clock: clockAt(noon + 1000) });
  expect(exitCode).toBe(0);
  expect(document.data).toMatchObject({ id: 'acc_bob', changed: false, reason: 'manual', inUse: false });
  expect(readFileSync(flaggedFileOf(home), 'utf8')).toBe(before);
});

it('refuses a name that means no account or several', async () => {
  expect((await runCli(home, ['flag', 'nobody'])).exitCode).toBe(3);
  expect((await runCli(home, ['flag', 'alice@example.com'])).exitCode).toBe(2);
  expect((await runCli(createTestHome(), ['flag', '1'])).exitCode).toBe(3);
  expect(existsSync(flaggedFileOf(home))).toBe(false);
});
