import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { driveLogin } from '../support/drive-login.js';
import { snapshotOf } from '../support/login-files.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** A home in which the official client is signed in, and this program has never run. */
async function freshHome(): Promise<RefreshHome> {
  const home = new RefreshHome(temporaryDirectory(), provider);
  home.writeAuthFile(await provider.issueTokens(alice));
  return home;
}

const emailsOf = (accounts: readonly { email: string }[]) => accounts.map(({ email }) => email);

describe('the built program, in a home that is signed in to the official client', () => {
  test('shows that account in every command that reads, and leaves every file as it is', async () => {
    const { home } = await freshHome();
    const before = snapshotOf(home.directory);
    for (const argv of [
      ['list'],
      ['status'],
      ['usage'],
      ['forecast'],
      ['best'],
      ['check'],
      ['__complete', 'switch', ''],
    ]) {
      const { exitCode, stdout } = await runBuilt(home, argv);
      expect([argv, exitCode, stdout]).toEqual([argv, 0, expect.stringContaining('alice@example.com')]);
    }
    expect(snapshotOf(home.directory)).toEqual(before);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  test('has both accounts after a sign-in as another person, and switches back', async () => {
    const seeded = await freshHome();
    const { home } = seeded;
    const [found] = (await runBuiltJson(home, ['list'])).document.data.accounts;
    const driver = driveLogin(provider, bob);
    const login = await runBuilt(home, ['login', '--activate'], { onStderr: driver.onStderr });
    await driver.finished();
    expect([login.exitCode, login.stderr]).toEqual([0, expect.stringContaining('adopted alice@example.com')]);
    expect(emailsOf((await runBuiltJson(home, ['list'])).document.data.accounts)).toEqual([alice.email, bob.email]);
    expect(seeded.authFile().tokens['account_id']).toBe(bob.accountId);
    const back = await runBuiltJson(home, ['switch', found.id]);
    expect([back.exitCode, seeded.authFile().tokens['account_id']]).toEqual([0, alice.accountId]);
  });
});

const why = missingForTerminal === undefined ? '' : ` (skipped: ${missingForTerminal} is not installed)`;

describe.skipIf(missingForTerminal !== undefined)(`its first screen in a terminal${why}`, () => {
  test.each([
    [40, 10],
    [80, 24],
    [120, 40],
  ])('of %i columns and %i rows greets the person, and keeps the account when asked to', async (columns, rows) => {
    const { home } = await freshHome();
    const terminal = await Terminal.open(home, { columns, rows });
    const before = snapshotOf(home.codexHome);
    await terminal.start();
    await terminal.shows('Welcome.', /alice@\s*example\.com/, /keep it/, /not now/);
    await terminal.press('n');
    await terminal.hides('Welcome.');
    await terminal.shows(/●\s*1\s+alice/);
    await terminal.press('q');
    expect(await terminal.exitCode()).toBe(0);
    expect(snapshotOf(home.codexHome)).toEqual(before);

    await terminal.start();
    await terminal.shows('Welcome.');
    await terminal.press('Enter');
    await terminal.hides('Welcome.');
    await expect.poll(() => existsSync(home.poolFile), { timeout: 25_000 }).toBe(true);
    await terminal.shows(/●\s*1\s+alice/);
    await terminal.press('q');
    expect(await terminal.exitCode()).toBe(0);
    const [account] = (await runBuiltJson(home, ['list'])).document.data.accounts;
    expect(account).toMatchObject({ email: alice.email, active: true });
    expect(account).not.toHaveProperty('stored');
  });
});
