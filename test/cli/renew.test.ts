import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { renewCommand } from '../../src/cli/commands/renew.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { startFakeClient } from '../support/fake-clients.js';
import { snapshotOf } from '../support/login-files.js';
import { refused } from '../support/provider/faults.js';
import { field } from '../support/provider/request-log.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import {
  atNoon,
  dataOf,
  emptyHome,
  known,
  personalName,
  said,
  setProviderToNoon,
  studioName,
} from '../support/seed.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const run = ({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) =>
  runCli(home, ['renew', ...argv], options);
const refreshes = () => provider.requests.refreshes();
const day = 86_400;
const ending = (who: typeof alice, expiresInSeconds: number) => ({ ...who, expiresInSeconds });
const outcomes = (result: Awaited<ReturnType<typeof run>>) =>
  dataOf(renewCommand, result).accounts.map(({ id, outcome }) => [id, outcome]);

describe('renew', () => {
  test('refreshes what ends within three days, and says why it skips the others', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 2 * day), { ...known, ...personalName });
    await seeded.addAccount('acc_studio', ending(aliceAtStudio, -60), { ...known, ...studioName });
    await seeded.addAccount('acc_bob', ending(bob, 60), { ...known, enabled: false });
    await seeded.addAccount('acc_carol', carol, known);
    const result = await run(seeded);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ 1  alice@example.com (Personal): renewed, valid until 2026-12-01 12:00, in 10d
      ✓ 2  alice@example.com (Studio): renewed, valid until 2026-12-01 12:00, in 10d
      – 4  carol@example.com: not due, valid until 2026-12-01 12:00, in 10d
      2 renewed, 1 skipped, 0 failed
      "
    `);
    expect(refreshes()).toHaveLength(2);
    expect(provider.fateOf(seeded.record('acc_home').refreshToken ?? '')).toBe('live');
    expect(outcomes(await run(seeded, ['--json'])).map(([, outcome]) => outcome)).toEqual([
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(refreshes()).toHaveLength(2);
  });

  test.each<[string, object, string[], number]>([
    ['that lives for five days', {}, [], 0],
    ['with --before 6d', {}, ['--before', '6d'], 1],
    ['with --before 1d', {}, ['--before', '1d'], 0],
    ['with --force', {}, ['--force'], 1],
    ['with -f', {}, ['-f'], 1],
    ['without an id token', { idToken: undefined }, [], 1],
    ['without an access token', { accessToken: undefined, expiresAt: undefined }, [], 1],
    ['whose end nobody knows', { accessToken: 'opaque', expiresAt: undefined }, [], 0],
  ])('an account %s', async (_what, changes, argv, requests) => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 5 * day), { ...known, ...changes });
    const result = await run(seeded, [...argv, '--json']);
    expect(result.exitCode).toBe(0);
    expect(outcomes(result)).toEqual([['acc_home', requests === 1 ? 'renewed' : 'skipped']]);
    expect(refreshes()).toHaveLength(requests);
    if (requests === 1) expect(seeded.record('acc_home').idToken).toBeDefined();
  });

  test.each([['3'], ['soon'], ['3w'], ['']])('--before %j is a mistake', async (time) => {
    expect((await run(emptyHome(provider), ['--before', time])).exitCode).toBe(2);
  });

  test('means a named account, disabled as it may be, and no other', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    await seeded.addAccount('acc_bob', ending(bob, 60), { ...known, enabled: false });
    expect(outcomes(await run(seeded, ['bob', '--json']))).toEqual([['acc_bob', 'renewed']]);
    expect(refreshes()).toHaveLength(1);
    expect((await run(seeded, ['nobody@example.com'])).exitCode).toBe(3);
  });

  test('takes a word for an account first, and for a directory when it is none', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), { ...known, accountLabel: 'work' });
    writeFlatFile(seeded.home, 'work/c.json', await provider.issueTokens(carol));
    mkdirSync(join(seeded.home.cwd, 'more'));
    writeFlatFile(seeded.home, 'more/b.json', await provider.issueTokens(bob));
    const count = async (word: string) => {
      const { accounts, files } = dataOf(renewCommand, await run(seeded, [word, '--json']));
      return [accounts.length, files.length];
    };
    expect(await count('work')).toEqual([1, 0]);
    expect(await count('./work')).toEqual([0, 1]);
    expect(await count('more')).toEqual([0, 1]);
  });

  test('of two workspaces that share a refresh token spends it once', async () => {
    const seeded = emptyHome(provider);
    const { refresh_token: refreshToken } = await seeded.addAccount('acc_home', ending(alice, 60), known);
    await seeded.addAccount('acc_studio', { ...ending(aliceAtStudio, 60), refreshToken }, known);
    expect(outcomes(await run(seeded, ['--json'])).map(([, outcome]) => outcome)).toEqual(['renewed', 'renewed']);
    expect(refreshes()).toHaveLength(1);
    const { accessToken = '' } = seeded.record('acc_studio');
    expect(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).toContain(aliceAtStudio.accountId);
  });

  test.skipIf(process.platform !== 'linux')(
    'leaves the login in auth.json to a running official client until it has expired',
    async () => {
      const seeded = emptyHome(provider);
      seeded.writeAuthFile(await seeded.addAccount('acc_home', ending(alice, day), known));
      const client = await startFakeClient(seeded.home.codexHome, ['exec', 'hello']);
      const result = await run(seeded, ['--force']);
      expect(result.exitCode).toBe(0);
      expect(said(result)).toContain('is using alice@example.com and refreshes it by itself');
      expect(refreshes()).toHaveLength(0);
      await client.stop();
      await run(seeded, ['--force']);
      expect(refreshes()).toHaveLength(1);
      expect(seeded.authFile().tokens.refresh_token).toBe(seeded.record('acc_home').refreshToken);
    },
  );

  test('counts what failed and ends with 1; the others are renewed', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    await seeded.addAccount('acc_carol', ending(carol, 60), known);
    provider.scenario.on('token', refused(503, 'overloaded'), { accountId: alice.accountId });
    const result = await run(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('1 renewed, 0 skipped, 1 failed');
    expect(said(result)).toMatch(/✗ 1 {2}alice@example.com: nobody knows whether/);
  });

  test('sets a dead login aside, as check does', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    provider.revokeAccount(alice);
    const result = await run(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('codex-auth login');
    expect(seeded.flagged().map(({ recordId }) => recordId)).toEqual(['acc_home']);
  });

  test('ends with 5 where the network or the provider is the reason that nothing was renewed', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    await seeded.addAccount('acc_carol', carol, known);
    const result = await run(seeded, ['--proxy', 'http://127.0.0.1:9']);
    expect(said(result)).toContain('0 renewed, 1 skipped, 1 failed');
    expect(result.exitCode).toBe(5);
    expect(refreshes()).toHaveLength(0);
  });

  test('takes an unusable proxy for a mistake in the command line, and leaves no trace', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    const result = await run(seeded, ['--json', '--proxy', 'ftp://me:hunter2@proxy.example']);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: false,
      error: { message: '--proxy begins with something other than http://, https:// or socks5://' },
    });
    expect(result.stdout + result.stderr).not.toContain('hunter2');
    expect(seeded.journal()).toEqual([]);
  });

  test('without any account says how to get one', async () => {
    const result = await run(emptyHome(provider));
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('codex-auth login');
  });

  test('refuses to write for another user, before it sends anything', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', ending(alice, 60), known);
    const result = await run(seeded, [], { ...atNoon, effectiveUserId: 4711 });
    expect(result.exitCode).toBe(6);
    expect(refreshes()).toHaveLength(0);
  });
});

describe('renew --print-only', () => {
  async function prepared() {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_home', ending(alice, 60), known);
    await seeded.addAccount('acc_carol', carol, known);
    writeFlatFile(seeded.home, 'tokens/a.json', tokens);
    writeFlatFile(seeded.home, 'tokens/b.json', await provider.issueTokens(ending(bob, 60)));
    return seeded;
  }

  test('shows each request once, without its secret, and sends and writes nothing', async () => {
    const seeded = await prepared();
    const before = snapshotOf(seeded.home.directory);
    const result = await run(seeded, ['1', '2', 'tokens', '--print-only']);
    expect(result.exitCode).toBe(0);
    const text = said(result)
      .replaceAll(provider.issuer, '<issuer>')
      .replace(/codex-auth\/\S+ \(.*\)/g, 'codex-auth/…');
    expect(text).toMatchInlineSnapshot(`
      "! 1  alice@example.com: would be renewed
      – 2  carol@example.com: not due, valid until 2026-12-01 12:00, in 10d
      ! tokens/a.json (alice@example.com): would be renewed
      ! tokens/b.json (bob@example.com): would be renewed
      3 would be renewed, 1 skipped, 0 failed

      # for alice@example.com, tokens/a.json
      POST <issuer>/oauth/token
      content-type: application/json
      accept: application/json
      user-agent: codex-auth/…

      {"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"[secret]"}

      # for tokens/b.json
      POST <issuer>/oauth/token
      content-type: application/json
      accept: application/json
      user-agent: codex-auth/…

      {"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"[secret]"}
      "
    `);
    expect(provider.requests.all).toHaveLength(0);
    expect(snapshotOf(seeded.home.directory)).toEqual(before);
  });

  test.each([[[]], [['--force']], [['--json']], [['--json', '--force', '--mask']]])(
    'tells no token (%j)',
    async (argv) => {
      const seeded = await prepared();
      const { stdout, stderr } = await run(seeded, ['1', '2', 'tokens', '--print-only', ...argv]);
      const secrets = provider.issued.strings();
      expect(secrets.length).toBeGreaterThan(5);
      for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
    },
  );

  test('shows what is really sent then', async () => {
    const seeded = await prepared();
    const { requests = [], summary } = dataOf(
      renewCommand,
      await run(seeded, ['1', 'tokens', '--print-only', '--json']),
    );
    expect(summary).toEqual({ renewed: 0, skipped: 0, failed: 0, wouldRenew: 3 });
    await run(seeded, ['1', 'tokens']);
    const bodies = requests.map(({ body }) => JSON.parse(body)).sort(byReason);
    const sent = refreshes().map(({ body }) => ({ ...(body as object), refresh_token: '[secret]' }));
    expect(bodies).toEqual(sent.sort(byReason));
    const [request] = refreshes();
    expect(request?.headers).toMatchObject(requests[0]?.headers ?? {});
    expect(requests.map(({ method, url }) => [method, url])).toEqual(
      refreshes().map(({ method, path }) => [method, provider.issuer + path]),
    );
    expect(field(request ?? { body: {} }, 'refresh_token')).not.toBe('[secret]');
  });

  test('predicts no request where a newer copy is at hand', async () => {
    const seeded = emptyHome(provider);
    const older = await provider.issueTokens({ ...ending(alice, 60), issuedAt: Date.UTC(2026, 10, 20) });
    await seeded.addAccount('acc_home', alice, known);
    writeFlatFile(seeded.home, 'a.json', older);
    const data = dataOf(renewCommand, await run(seeded, ['a.json', '--print-only', '--json']));
    expect(data).toMatchObject({ requests: [], files: [{ outcome: 'would-renew' }] });
  });

  test('makes no directory where there is none', async () => {
    const seeded = emptyHome(provider);
    writeFlatFile(seeded.home, 'a.json', await provider.issueTokens(ending(alice, 60)));
    await run(seeded, ['a.json', '--print-only']);
    expect(readdirSync(seeded.home.codexHome)).toEqual([]);
    expect(readFileSync(join(seeded.home.cwd, 'a.json'), 'utf8')).toContain('"type": "codex"');
  });
});

const byReason = (one: object, other: object) => JSON.stringify(one).localeCompare(JSON.stringify(other));
