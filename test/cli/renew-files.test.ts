import { lstatSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { renewCommand } from '../../src/cli/commands/renew.js';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { refused } from '../support/provider/faults.js';
import { field } from '../support/provider/request-log.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, dataOf, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { readFlatFile, writeFlatFile } from '../support/token-files.js';
import { tokenFor } from '../support/unsigned-tokens.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const run = ({ home }: RefreshHome, argv: readonly string[], options: CliOptions = atNoon) =>
  runCli(home, ['renew', ...argv], options);
const refreshes = () => provider.requests.refreshes();
const hour = 3_600;
const soon = (who: typeof alice, seconds = hour) => provider.issueTokens({ ...who, expiresInSeconds: seconds });
const isLive = (path: string) => provider.fateOf(readFlatFile(path)['refresh_token'] ?? '') === 'live';
const outcomes = (result: Awaited<ReturnType<typeof run>>) =>
  dataOf(renewCommand, result).files.map(({ name, outcome }) => [name, outcome]);

describe('a token file', () => {
  test('is renewed in place when it ends soon, and everything else in it stays', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'codex_alice.json', await soon(alice), {
      note: { mine: [1] },
      expired: '2026-11-21T13:00:00+00:00',
    });
    const before = readFlatFile(path);
    const result = await run(seeded, ['codex_alice.json']);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ codex_alice.json (alice@example.com): renewed, valid until 2026-12-01 12:00, in 10d
      1 renewed, 0 skipped, 0 failed
      "
    `);
    expect(refreshes()).toHaveLength(1);
    const after = readFlatFile(path);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after).toMatchObject({ note: { mine: [1] }, email: before['email'], account_id: before['account_id'] });
    expect(after).toMatchObject({ last_refresh: '2026-11-21T12:00:00.000Z' });
    for (const key of ['id_token', 'access_token', 'refresh_token', 'expired'])
      expect(after[key]).not.toBe(before[key]);
    expect(Date.parse(after['expired'] ?? '')).toBeGreaterThan(Date.UTC(2026, 11, 1));
    expect(isLive(path)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(seeded.journal()).toEqual([]);
    expect(seeded.kept()).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string[], boolean]>([
    ['that lives long', {}, [], false],
    ['that lives long, with --force', {}, ['--force'], true],
    ['that lives long, but not as long as asked', {}, ['--before', '20d'], true],
    ['without an id token', { id_token: undefined }, [], true],
    ['with an empty id token', { id_token: '' }, [], true],
    ['without its end', { expired: undefined }, [], true],
    ['with nonsense for its end', { expired: 'soon' }, [], true],
    ['that says it ends soon', { expired: '2026-11-21T13:00:00Z' }, [], true],
    ['without an access token', { access_token: undefined }, [], true],
  ])('%s', async (_what, changes, options, isDue) => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await provider.issueTokens(alice), changes);
    const before = readFileSync(path, 'utf8');
    const result = await run(seeded, ['a.json', ...options]);
    expect(result.exitCode).toBe(0);
    expect(refreshes()).toHaveLength(isDue ? 1 : 0);
    expect(readFileSync(path, 'utf8') === before).toBe(!isDue);
    expect(said(result)).toContain(isDue ? '1 renewed, 0 skipped' : '0 renewed, 1 skipped');
    if (isDue) expect(Date.parse(readFlatFile(path)['expired'] ?? '')).toBeGreaterThan(Date.UTC(2026, 11, 1));
  });

  test('is replaced behind its symlink, which stays', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'real/a.json', await soon(alice));
    const link = join(seeded.home.cwd, 'link.json');
    symlinkSync(path, link);
    expect((await run(seeded, ['./link.json'])).exitCode).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(isLive(path)).toBe(true);
  });

  test('that is refused by the provider stays as it is', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    provider.revokeAccount(alice);
    const before = readFileSync(path, 'utf8');
    const result = await run(seeded, ['a.json']);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toMatch(/✗ a.json.*the provider refuses the login of alice@example.com.*codex-auth login/);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(seeded.journal()).toEqual([]);
  });

  test('that says it is disabled is left alone in a directory, not when it is named', async () => {
    const seeded = emptyHome(provider);
    writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice), { disabled: true });
    expect(outcomes(await run(seeded, ['tokens', '--json']))).toEqual([['tokens/a.json', 'skipped']]);
    expect(outcomes(await run(seeded, ['tokens/a.json', '--json']))).toEqual([['tokens/a.json', 'renewed']]);
  });
});

describe('a file of another provider', () => {
  const theirs = 'https://elsewhere.example';
  /** With the ids of a person of ours, issued by somebody else and later than anything here. */
  function foreignFile(seeded: RefreshHome, name: string, who: { accountId?: string; email?: string }): string {
    const iat = Date.UTC(2027, 0, 1) / 1000;
    const facts = { userId: `user-${who.email}`, ...who, issuer: theirs, iat, exp: Date.UTC(2026, 10, 21, 13) / 1000 };
    const token = tokenFor(facts);
    return writeFlatFile(seeded.home, name, { id_token: token, access_token: token, refresh_token: 'rt-foreign' });
  }

  test('is refused, and its token sent to nobody; what would be sent is not shown either', async () => {
    const seeded = emptyHome(provider);
    const path = foreignFile(seeded, 'a.json', alice);
    const before = readFileSync(path, 'utf8');
    for (const option of ['--force', '--print-only']) {
      const result = await run(seeded, ['a.json', option, '--json']);
      expect(result.exitCode).not.toBe(0);
      expect(dataOf(renewCommand, result).files).toMatchObject([
        { outcome: 'failed', problem: { code: 'issuer-mismatch', message: expect.stringContaining(theirs) } },
      ]);
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(provider.requests.all).toEqual([]);
  });

  test('does not keep a file of ours for the same person from being renewed, and gets nothing of it', async () => {
    const seeded = emptyHome(provider);
    const tokens = await soon(alice);
    const own = writeFlatFile(seeded.home, 'own.json', tokens);
    const foreign = foreignFile(seeded, 'foreign.json', readClaims(tokens.id_token) ?? {});
    const before = readFileSync(foreign, 'utf8');
    const result = await run(seeded, ['foreign.json', 'own.json', '--json']);
    expect(outcomes(result)).toEqual([
      ['foreign.json', 'failed'],
      ['own.json', 'renewed'],
    ]);
    expect(isLive(own)).toBe(true);
    expect(readFileSync(foreign, 'utf8')).toBe(before);
  });

  test.each([
    ['', {}],
    [' that does not say who issued it', { accessToken: 'opaque', idToken: undefined, provenance: undefined }],
  ])('is not taken over by an account of ours%s with the same ids, and gets nothing of it', async (_what, changes) => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: 864_000 }, changes);
    const foreign = foreignFile(seeded, 'foreign.json', readClaims(tokens.id_token) ?? {});
    const before = readFileSync(foreign, 'utf8');
    const result = await run(seeded, ['foreign.json', '--json']);
    expect(dataOf(renewCommand, result).files).toMatchObject([
      { outcome: 'failed', problem: { code: 'issuer-mismatch' } },
    ]);
    expect(JSON.stringify(provider.requests.all)).not.toContain('rt-foreign');
    expect(provider.fateOf(seeded.record('acc_alice').refreshToken ?? '')).toBe('live');
    expect(readFileSync(foreign, 'utf8')).toBe(before);
  });
});

describe('a directory', () => {
  test('means the *.json files directly in it, and bad ones are named and untouched', async () => {
    const seeded = emptyHome(provider);
    const good = writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice));
    const late = writeFlatFile(seeded.home, 'tokens/b.json', await provider.issueTokens(carol));
    writeFlatFile(seeded.home, 'tokens/below/c.json', await soon(bob));
    writeFlatFile(seeded.home, 'tokens/d.txt', await soon(bob));
    const bad = { 'half.json': '{"refresh_token": "rt', 'other.json': '{"a": 1}', 'list.json': '[]' };
    for (const [name, content] of Object.entries(bad)) writeFileSync(join(seeded.home.cwd, 'tokens', name), content);
    seeded.writeAuthFile(await soon(bob));
    renameSync(seeded.home.authFile, join(seeded.home.cwd, 'tokens', 'auth.json'));
    const auth = readFileSync(join(seeded.home.cwd, 'tokens', 'auth.json'), 'utf8');
    const before = readFileSync(late, 'utf8');
    const result = await run(seeded, ['./tokens']);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ tokens/a.json (alice@example.com): renewed, valid until 2026-12-01 12:00, in 10d
      ✗ tokens/auth.json: it is a login file of the official client, which renew leaves alone → codex-auth import tokens/auth.json, then codex-auth renew
      – tokens/b.json (carol@example.com): not due, valid until 2026-12-01 12:00, in 10d
      ✗ tokens/half.json: it is not a JSON object
      ✗ tokens/list.json: it is not a JSON object
      ✗ tokens/other.json: it is not a token file
      1 renewed, 1 skipped, 4 failed
      "
    `);
    expect(refreshes()).toHaveLength(1);
    expect(isLive(good)).toBe(true);
    expect(readFileSync(late, 'utf8')).toBe(before);
    expect(readFileSync(join(seeded.home.cwd, 'tokens', 'auth.json'), 'utf8')).toBe(auth);
    for (const [name, content] of Object.entries(bad)) {
      expect(readFileSync(join(seeded.home.cwd, 'tokens', name), 'utf8')).toBe(content);
    }
  });

  test('without token files is a mistake, and so is a file that is not there', async () => {
    const seeded = emptyHome(provider);
    mkdirSync(join(seeded.home.cwd, 'empty'));
    expect((await run(seeded, ['empty'])).exitCode).toBe(3);
    const missing = await run(seeded, ['./nowhere.json']);
    expect(missing.exitCode).toBe(1);
    expect(said(missing)).toContain('✗ ./nowhere.json: it cannot be read: no such file or directory');
  });
});

describe('files of one login', () => {
  test('are renewed with one request, and all of them get the result', async () => {
    const seeded = emptyHome(provider);
    const tokens = await soon(alice);
    const paths = ['a', 'b', 'c'].map((name) => writeFlatFile(seeded.home, `tokens/${name}.json`, tokens));
    // The same login by its token only: nothing else says whose it is.
    paths.push(
      writeFlatFile(
        seeded.home,
        'tokens/d.json',
        { ...tokens, id_token: '', access_token: 'opaque' },
        { email: 'Alice@Example.com' },
      ),
    );
    const result = await run(seeded, ['tokens']);
    expect(said(result)).toContain('4 renewed, 0 skipped, 0 failed');
    expect(refreshes()).toHaveLength(1);
    expect(new Set(paths.map((path) => readFlatFile(path)['refresh_token'])).size).toBe(1);
    expect(paths.every(isLive)).toBe(true);
  });

  test('by identity: the newest copy is renewed, and an older login that makes way is kept', async () => {
    const seeded = emptyHome(provider);
    const older = await provider.issueTokens({ ...alice, expiresInSeconds: hour, issuedAt: Date.UTC(2026, 10, 20) });
    const newer = await soon(alice);
    const paths = [older, newer].map((tokens, index) => writeFlatFile(seeded.home, `tokens/${index}.json`, tokens));
    expect(said(await run(seeded, ['tokens']))).toContain('2 renewed');
    expect(refreshes().map((request) => field(request, 'refresh_token'))).toEqual([newer.refresh_token]);
    expect(new Set(paths.map((path) => readFlatFile(path)['refresh_token'])).size).toBe(1);
    expect(paths.every(isLive)).toBe(true);
    expect(seeded.kept()).toHaveLength(1);
    expect(seeded.kept()[0]).toContain(older.refresh_token);
  });

  test('of which one is not due: it gets the result all the same, because its token is spent', async () => {
    const seeded = emptyHome(provider);
    const tokens = await provider.issueTokens(alice);
    const due = writeFlatFile(seeded.home, 'tokens/due.json', tokens, { expired: undefined });
    const fresh = writeFlatFile(seeded.home, 'tokens/fresh.json', tokens);
    await run(seeded, ['tokens']);
    expect(refreshes()).toHaveLength(1);
    expect([due, fresh].every(isLive)).toBe(true);
  });

  test('in two workspaces that share a refresh token: each keeps tokens of its own workspace', async () => {
    const seeded = emptyHome(provider);
    const home = await soon(alice);
    const studio = await provider.issueTokens({
      ...aliceAtStudio,
      expiresInSeconds: hour,
      refreshToken: home.refresh_token,
    });
    const paths = [home, studio].map((tokens, index) => writeFlatFile(seeded.home, `tokens/${index}.json`, tokens));
    expect(said(await run(seeded, ['tokens']))).toContain('2 renewed');
    expect(refreshes()).toHaveLength(1);
    const files = paths.map(readFlatFile);
    expect(files[0]?.['refresh_token']).toBe(files[1]?.['refresh_token']);
    const workspaces = files.map((file) =>
      Buffer.from(file['access_token']?.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(workspaces[0]).toContain(alice.accountId);
    expect(workspaces[1]).toContain(aliceAtStudio.accountId);
    expect(files.every((file) => Date.parse(file['expired'] ?? '') > Date.UTC(2026, 11, 1))).toBe(true);
  });

  test('a copy that was not there then is not sent again, and gets the newer login when both are', async () => {
    const seeded = emptyHome(provider);
    const tokens = await soon(alice);
    const first = writeFlatFile(seeded.home, 'a.json', tokens);
    const copy = writeFlatFile(seeded.home, 'elsewhere/copy.json', tokens);
    await run(seeded, ['a.json']);
    const alone = await run(seeded, ['elsewhere/copy.json']);
    expect(alone.exitCode).toBe(1);
    expect(said(alone)).toContain('has been exchanged, and its successor is not here');
    expect(refreshes()).toHaveLength(1);
    const both = await run(seeded, ['a.json', 'elsewhere/copy.json']);
    expect(said(both)).toContain('elsewhere/copy.json (alice@example.com): a newer copy was there already');
    expect(refreshes()).toHaveLength(1);
    expect([first, copy].every(isLive)).toBe(true);
  });
});

describe('a file whose login is an account of ours', () => {
  test('is renewed through the account, with one request', async () => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: hour }, known);
    const path = writeFlatFile(seeded.home, 'a.json', tokens);
    expect(said(await run(seeded, ['a.json']))).toContain('1 renewed');
    expect(refreshes()).toHaveLength(1);
    expect(readFlatFile(path)['refresh_token']).toBe(seeded.record('acc_home').refreshToken);
    expect(readFlatFile(path)['access_token']).toBe(seeded.record('acc_home').accessToken);
    expect(isLive(path)).toBe(true);
  });

  test('together with the account: still one request', async () => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: hour }, known);
    writeFlatFile(seeded.home, 'tokens/a.json', tokens);
    writeFlatFile(seeded.home, 'tokens/b.json', tokens);
    expect(said(await run(seeded, ['1', 'tokens', '--force']))).toContain('3 renewed');
    expect(refreshes()).toHaveLength(1);
  });

  test('and is newer there: the newer copy is spent, not the one that somebody has used up', async () => {
    const seeded = emptyHome(provider);
    const older = await seeded.addAccount(
      'acc_home',
      { ...alice, expiresInSeconds: hour, issuedAt: Date.UTC(2026, 10, 20) },
      known,
    );
    const newer = await soon(alice);
    const path = writeFlatFile(seeded.home, 'a.json', newer);
    await run(seeded, ['a.json']);
    expect(refreshes().map((request) => field(request, 'refresh_token'))).toEqual([newer.refresh_token]);
    expect(seeded.record('acc_home').refreshToken).not.toBe(older.refresh_token);
    expect(readFlatFile(path)['refresh_token']).toBe(seeded.record('acc_home').refreshToken);
    expect(isLive(path)).toBe(true);
  });

  test('and is older: it gets what the account has, without a request', async () => {
    const seeded = emptyHome(provider);
    const older = await provider.issueTokens({ ...alice, expiresInSeconds: hour, issuedAt: Date.UTC(2026, 10, 20) });
    await seeded.addAccount('acc_home', alice, known);
    const path = writeFlatFile(seeded.home, 'a.json', older);
    expect(said(await run(seeded, ['a.json']))).toContain('a newer copy was there already');
    expect(refreshes()).toHaveLength(0);
    expect(readFlatFile(path)['refresh_token']).toBe(seeded.record('acc_home').refreshToken);
  });

  test('that was refreshed since without the file: the file is due whatever it says', async () => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_home', alice, known);
    const path = writeFlatFile(seeded.home, 'a.json', tokens);
    await run(seeded, ['1', '--force']);
    expect(isLive(path)).toBe(false);
    expect(said(await run(seeded, ['a.json']))).toContain('1 renewed');
    expect(refreshes()).toHaveLength(1);
    expect(isLive(path)).toBe(true);
  });
});

describe('a file whose login the official client uses', () => {
  test('is left alone until it is an account of ours', async () => {
    const seeded = emptyHome(provider);
    const tokens = await soon(alice);
    seeded.writeAuthFile(tokens);
    const path = writeFlatFile(seeded.home, 'a.json', tokens);
    const result = await run(seeded, ['a.json']);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain(`codex-auth import ${seeded.home.authFile}`);
    expect(refreshes()).toHaveLength(0);
    expect(isLive(path)).toBe(true);
    expect(seeded.authFile().tokens.refresh_token).toBe(tokens.refresh_token);
  });

  test('and which is one: file, account and auth.json come out the same', async () => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: hour }, known);
    seeded.writeAuthFile(tokens);
    const path = writeFlatFile(seeded.home, 'a.json', tokens);
    expect((await run(seeded, ['a.json'])).exitCode).toBe(0);
    expect(refreshes()).toHaveLength(1);
    const { refreshToken } = seeded.record('acc_home');
    expect(seeded.authFile().tokens.refresh_token).toBe(refreshToken);
    expect(readFlatFile(path)['refresh_token']).toBe(refreshToken);
  });
});

test('a provider that is in trouble is asked once for each login, and the files stay', async () => {
  const seeded = emptyHome(provider);
  writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice));
  writeFlatFile(seeded.home, 'tokens/c.json', await soon(carol));
  provider.scenario.on('token', refused(503, 'overloaded'), { accountId: alice.accountId });
  const result = await run(seeded, ['tokens', '--json']);
  expect(result.exitCode).toBe(1);
  expect(outcomes(result)).toEqual([
    ['tokens/a.json', 'failed'],
    ['tokens/c.json', 'renewed'],
  ]);
  expect(refreshes()).toHaveLength(2);
});
