import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { listCommand } from '../../src/cli/commands/list.js';
import { statusCommand } from '../../src/cli/commands/status.js';
import { switchCommand } from '../../src/cli/commands/switch.js';
import type { Account } from '../../src/core/accounts/account.js';
import { emptyFlaggedPool } from '../../src/core/accounts/pool.js';
import { encodeFlagged } from '../../src/core/pools/pool-codec.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { flaggedFileOf } from '../support/flagged-records.js';
import { alice, aliceAtStudio, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const hour = 3_600;

const words = { userId: 'user-carol', accountId: 'carol-home', email: 'carol@example.com' };

/** Set aside, with an access token that ends so many seconds after noon. */
function carolEndingIn(seconds: number, more: Partial<Account> = {}): Account {
  return sampleAccount('acc_carol', { ...words, exp: noon / 1000 + seconds }, more);
}

function homeWith(carol: Account, others: readonly Account[] = [alice, aliceAtStudio]): TestHome {
  const home = createTestHome();
  writePool(home, others, others.length > 0 ? { activeId: alice.id } : {});
  if (others.length > 0) writeLogin(home, alice);
  const flag = { at: noon - 1000, reason: 'refresh_token_expired', verificationCount: 0 };
  const content = encodeFlagged({ ...emptyFlaggedPool, accounts: [{ ...carol, flag }] });
  writeFileSync(flaggedFileOf(home), JSON.stringify(content), { mode: 0o600 });
  return home;
}

const inFile = (home: TestHome) => (readJson(home.authFile)['tokens'] as Record<string, string>)['refresh_token'];
const setAside = (home: TestHome) => readJson(flaggedFileOf(home))['accounts'] as Record<string, unknown>[];
const pooled = (home: TestHome) => readJson(home.poolFile)['accounts'] as Record<string, unknown>[];

describe('switch to an account that is set aside', () => {
  test('makes it active while its access token lives, says until when, and leaves it set aside', async () => {
    const home = homeWith(carolEndingIn(2 * hour));
    const { exitCode, stdout, stderr } = await runCli(home, ['switch', 'carol'], atNoon);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: '✓ Now using carol@example.com\n',
      stderr:
        'warning: carol@example.com is set aside and usable until 14:00, in 2h; sign in again before that: codex-auth login --expect carol@example.com\n',
    });
    expect(inFile(home)).toBe('rt-acc_carol');
    expect(setAside(home)).toMatchObject([
      { recordId: 'acc_carol', flaggedReason: 'refresh_token_expired', lastUsed: noon },
    ]);
    expect(pooled(home).map(({ recordId }) => recordId)).toEqual(['acc_alice', 'acc_studio']);
  });

  test('says so in its JSON', async () => {
    const home = homeWith(carolEndingIn(2 * hour));
    const { document } = await runJson(home, ['switch', 'acc_carol'], atNoon);
    expect(switchCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({
      activeId: 'acc_carol',
      previousId: 'acc_alice',
      changed: true,
      usableUntil: '2026-11-21T14:00:00.000Z',
      account: { id: 'acc_carol', index: 1, email: 'carol@example.com' },
    });
  });

  test('goes back with - to the account that was in use before', async () => {
    const home = homeWith(carolEndingIn(2 * hour));
    await runCli(home, ['switch', 'carol'], atNoon);
    const back = await runCli(home, ['switch', '-'], atNoon);
    expect({ exitCode: back.exitCode, token: inFile(home) }).toEqual({ exitCode: 0, token: 'rt-acc_alice' });
  });

  test.each([
    ['has ended', carolEndingIn(-1)],
    ['does not say when it ends', sampleAccount('acc_carol', { ...words, exp: undefined as never })],
  ])('is a sign-in that is needed when its access token %s', async (_what, carol) => {
    const home = homeWith(carol);
    const before = [readJson(home.authFile), readJson(home.poolFile)];
    const { exitCode, stderr } = await runCli(home, ['switch', 'carol'], atNoon);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(
        /^error: carol@example\.com is set aside.*\n {2}→ codex-auth login --expect carol@example\.com\n/,
      ),
    });
    expect([readJson(home.authFile), readJson(home.poolFile)]).toEqual(before);
  });

  test('never sends its refresh token to complete it', async () => {
    const home = homeWith(sampleAccount('acc_carol', { ...words, exp: noon / 1000 + hour, withIdToken: false }));
    const { exitCode, stderr } = await runCli(home, ['switch', 'carol'], atNoon);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('has no id token');
  });

  test('prefers an account of the pool by the same name', async () => {
    const home = homeWith(carolEndingIn(hour), [
      alice,
      sampleAccount('acc_2', { userId: 'u', email: 'caroline@example.com', accountId: 'c' }),
    ]);
    expect((await runCli(home, ['switch', 'carol'], atNoon)).stdout).toContain('caroline@example.com');
  });

  test('needs --enable where the person disabled it, and enables it there', async () => {
    const home = homeWith(carolEndingIn(hour, { enabled: false }));
    expect((await runCli(home, ['switch', 'carol'], atNoon)).exitCode).toBe(2);
    expect((await runCli(home, ['switch', 'carol', '--enable'], atNoon)).exitCode).toBe(0);
    expect(setAside(home)).toMatchObject([{ recordId: 'acc_carol', enabled: true }]);
  });

  test('takes over what the client refreshed meanwhile, in the record that is set aside', async () => {
    const home = homeWith(carolEndingIn(hour));
    await runCli(home, ['switch', 'carol'], atNoon);
    const refreshed = { ...words, iat: noon / 1000, exp: noon / 1000 + 864_000, refresh: 'rt-new', lastRefresh: noon };
    writeLogin(home, sampleAccount('x', refreshed));
    const away = await runJson(home, ['switch', 'acc_studio'], atNoon);
    expect(away.document.data).toMatchObject({ previousId: 'acc_carol', syncedBack: true, adopted: false });
    expect(setAside(home)).toMatchObject([{ recordId: 'acc_carol', refreshToken: 'rt-new' }]);
    expect(pooled(home)).toHaveLength(2);
  });
});

describe('an account in use that is set aside', () => {
  const why =
    'warning: carol@example.com is in use and set aside, because its refresh token has expired; it works until 13:00, in 1h; use another: codex-auth switch 1\n';

  test('is named by list and by status', async () => {
    const home = homeWith(carolEndingIn(hour));
    await runCli(home, ['switch', 'carol'], atNoon);
    const list = await runCli(home, ['list'], atNoon);
    expect({ exitCode: list.exitCode, stderr: list.stderr }).toEqual({ exitCode: 0, stderr: why });
    const status = await runCli(home, ['status'], atNoon);
    expect({ exitCode: status.exitCode, stderr: status.stderr }).toEqual({ exitCode: 1, stderr: why });
    expect(status.stdout).toContain('carol@example.com, which is set aside');
  });

  test('is so in their JSON', async () => {
    const home = homeWith(carolEndingIn(hour));
    await runCli(home, ['switch', 'carol'], atNoon);
    const status = await runJson(home, ['status'], atNoon);
    expect(statusCommand.schema.parse(status.document.data)).toEqual(status.document.data);
    expect(status.document.data.authFile).toMatchObject({
      holds: 'set-aside',
      detail: 'carol@example.com',
      accessTokenExpiresAt: '2026-11-21T13:00:00.000Z',
    });
    const list = await runJson(home, ['list'], atNoon);
    expect(listCommand.schema.parse(list.document.data)).toEqual(list.document.data);
    expect(list.document.warnings).toEqual([expect.stringContaining('is in use and set aside')]);
  });

  test('is shown also where no other account is left', async () => {
    const home = homeWith(carolEndingIn(hour), []);
    expect((await runCli(home, ['switch', 'carol'], atNoon)).exitCode).toBe(0);
    const { exitCode, stdout } = await runCli(home, ['status'], atNoon);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/which is set aside\nToken +valid until 13:00, in 1h\n/);
  });
});
