import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli, runJson, type TestHome } from '../support/cli.js';
import { contentOf } from '../support/home-content.js';
import { snapshotOf } from '../support/login-files.js';
import { type WaitingLogin, withLogin } from '../support/manual-login.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { readJson } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

/** Alice uses the official client, and this program for the first time. */
async function freshHome(expiresInSeconds = 864_000): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  seeded.writeAuthFile(await provider.issueTokens({ ...alice, expiresInSeconds }));
  return seeded;
}

const dataOf = async (home: TestHome, ...argv: string[]) => (await runJson(home, argv, atNoon)).document.data;
const storedIn = (home: TestHome) =>
  existsSync(home.poolFile) ? (readJson(home.poolFile)['accounts'] as Record<string, unknown>[]) : [];
const emailsIn = (home: TestHome) => storedIn(home).map(({ email }) => email);

const reading = [
  ['list'],
  ['status'],
  ['usage'],
  ['usage', '--live'],
  ['forecast'],
  ['best'],
  ['check'],
  ['check', '--live'],
  ['report'],
  ['watch', '--once'],
  ['__complete', 'switch', ''],
  ['status', 'alice'],
  ['usage', '1'],
];

describe('the login of the official client that nothing here has stored', () => {
  test.each(reading)('is shown by %s %s, which writes nothing', async (...argv) => {
    const { home } = await freshHome();
    const before = snapshotOf(home.directory);
    const result = await runCli(
      home,
      argv.filter((word) => word !== undefined),
      atNoon,
    );
    expect(said(result)).toContain('alice@example.com');
    expect(said(result)).not.toMatch(/no accounts|No account/);
    expect(result.exitCode).toBe(0);
    expect(snapshotOf(home.directory)).toEqual(before);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  test('is marked as what it is, in text and in JSON', async () => {
    const { home } = await freshHome();
    const mark = 'not stored yet: codex-auth switch 1 keeps it';
    for (const argv of [['list'], ['status'], ['usage'], ['forecast'], ['check'], ['watch', '--once']]) {
      expect([argv, said(await runCli(home, argv, atNoon))]).toEqual([argv, expect.stringContaining(mark)]);
    }
    expect((await dataOf(home, 'list')).accounts).toMatchObject([{ index: 1, active: true, stored: false }]);
    expect((await dataOf(home, 'status')).authFile).toMatchObject({ holds: 'account' });
    expect((await dataOf(home, 'usage')).accounts).toMatchObject([{ stored: false, quota: { source: 'live' } }]);
    expect((await dataOf(home, 'best')).recommendation).toMatchObject({ active: true, stored: false });
    await runCli(home, ['switch', '1'], atNoon);
    expect((await dataOf(home, 'list')).accounts[0]).not.toHaveProperty('stored');
  });

  test('stands after the accounts of a pool, and keeps its number and its id when it is stored', async () => {
    const seeded = await freshHome();
    await seeded.addAccount('acc_bob', bob, known);
    const [first, second] = (await dataOf(seeded.home, 'list')).accounts;
    expect([first.email, first.stored, second.email, second.stored]).toEqual([
      bob.email,
      undefined,
      alice.email,
      false,
    ]);
    const { adoptedId, changed } = await dataOf(seeded.home, 'switch', '2');
    expect({ adoptedId, changed }).toEqual({ adoptedId: second.id, changed: false });
    const after = (await dataOf(seeded.home, 'list')).accounts[1];
    expect(after).toMatchObject({ id: second.id, index: 2, active: true });
  });

  test('is not refreshed while its access token lives, and is stored before that is due', async () => {
    const fresh = await freshHome();
    expect((await runCli(fresh.home, ['check'], atNoon)).exitCode).toBe(0);
    expect(existsSync(fresh.home.root)).toBe(false);
    const { home } = await freshHome(-60);
    expect(said(await runCli(home, ['usage'], atNoon))).toContain('codex-auth check');
    expect(existsSync(home.root)).toBe(false);
    const result = await runCli(home, ['check'], atNoon);
    expect([result.exitCode, said(result)]).toEqual([
      0,
      expect.stringContaining('adopted alice@example.com, found in'),
    ]);
    expect(provider.requests.refreshes()).toHaveLength(1);
    const [record] = storedIn(home);
    const { tokens } = readJson(home.authFile) as { tokens: Record<string, string> };
    expect(record?.['refreshToken']).toBe(tokens['refresh_token']);
  });

  test.each<[string, string[], unknown]>([
    ['switch', ['switch', '1'], { email: alice.email }],
    ['label', ['label', '1', 'home'], { accountLabel: 'home' }],
    ['disable', ['disable', '1'], { enabled: false }],
    ['prefer', ['prefer', '1'], { email: alice.email }],
    ['renew', ['renew'], { email: alice.email }],
    ['guard', ['guard', '--once'], { email: alice.email }],
  ])('is stored by %s, which writes about it', async (_name, argv, record) => {
    const { home } = await freshHome();
    const login = readFileSync(home.authFile, 'utf8');
    const result = await runCli(home, argv, atNoon);
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('adopted alice@example.com')]);
    expect(storedIn(home)).toMatchObject([record]);
    expect(JSON.parse(readFileSync(home.authFile, 'utf8'))).toEqual(JSON.parse(login));
    expect(readJson(`${home.root}/homes.json`)).toMatchObject({
      homes: [{ accountId: storedIn(home)[0]?.['recordId'] }],
    });
  });

  test('is counted by guard before it is taken in', async () => {
    const { home } = await freshHome();
    const interruption = new AbortController();
    const { stderr } = await runCli(home, ['guard'], {
      ...atNoon,
      signal: interruption.signal,
      onStderr: (text) => (text.includes('adopted') ? interruption.abort() : undefined),
    });
    expect(stderr).toContain('guarding 1 account: tokens that end within');
    expect(emailsIn(home)).toEqual([alice.email]);
  });

  test('is stored and then forgotten by remove, and is not shown again', async () => {
    const { home } = await freshHome();
    expect((await runCli(home, ['remove', '1', '--yes'], atNoon)).exitCode).toBe(0);
    expect(storedIn(home)).toEqual([]);
    const list = await runCli(home, ['list'], atNoon);
    const why = 'The official client is signed in to alice@example.com, which was removed here: codex-auth login\n';
    expect(list.stdout).toBe(why);
    const status = await runCli(home, ['status'], atNoon);
    expect([status.exitCode, status.stdout]).toEqual([
      1,
      expect.stringContaining('alice@example.com, which was removed'),
    ]);
  });

  test('is taken in by a switch to another account, which replaces it', async () => {
    const seeded = await freshHome();
    await seeded.addAccount('acc_bob', bob, known);
    const before = (await dataOf(seeded.home, 'list')).accounts[1];
    expect(await dataOf(seeded.home, 'switch', 'bob')).toMatchObject({ adopted: true, adoptedId: before.id });
    expect(emailsIn(seeded.home)).toEqual([bob.email, alice.email]);
    expect(await dataOf(seeded.home, 'switch', '-')).toMatchObject({ activeId: before.id });
  });

  test.each([
    ['another person', false],
    ['nobody, because the person declined', true],
  ])('is stored before anything else by a sign-in as %s', async (_who, deny) => {
    const { home } = await freshHome();
    const signIn = async ({ callbackUrlOf, get }: WaitingLogin) => {
      expect(emailsIn(home)).toEqual([alice.email]);
      const { pathname, search } = new URL(await callbackUrlOf({ ...bob, deny }));
      await get(pathname + search);
    };
    const { exitCode } = await withLogin(home, provider, signIn, [], atNoon);
    expect(exitCode).toBe(deny ? 1 : 0);
    const { accounts, activeId } = await dataOf(home, 'list');
    expect(accounts.map(({ email }: { email: string }) => email)).toEqual(
      deny ? [alice.email] : [alice.email, bob.email],
    );
    expect(activeId).toBe(accounts[0].id);
  });

  test('of an account that is set aside is no account beside it', async () => {
    const seeded = await freshHome();
    await seeded.addAccount('acc_carol', carol, known);
    await runCli(seeded.home, ['switch', 'alice'], atNoon);
    await runCli(seeded.home, ['flag', 'alice'], atNoon);
    const { accounts } = await dataOf(seeded.home, 'list');
    expect(accounts.map(({ email }: { email: string }) => email)).toEqual([carol.email]);
    expect((await dataOf(seeded.home, 'status')).authFile.holds).toBe('set-aside');
  });
});

describe('somebody who is signed in without an account', () => {
  test.each([['list'], ['status'], ['forecast'], ['switch', '1']])(
    'is told what it is, not to have none: %s',
    async (...argv) => {
      const { home } = emptyHome(provider);
      writeFileSync(home.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-canary-1"}');
      const before = contentOf(home);
      const result = await runCli(home, argv, atNoon);
      expect(said(result)).toMatch(/an API key/);
      expect(said(result)).not.toMatch(/no accounts yet|canary/);
      expect(contentOf(home)).toEqual(before);
    },
  );
});
