import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { writeSource } from '../support/login-files.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flatFile, readFlatFile, writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

/** Each test is a row of the tables in docs/coming-from-other-tools.md. */
const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

const run = (...argv: string[]) => runCli(home.home, argv);
const json = async (...argv: string[]) => (await runJson(home.home, argv)).document.data;
const rowsIn = (csv: string) =>
  csv
    .trim()
    .split('\n')
    .map((line) => line.split(','));

describe('codex-probe', () => {
  /** codex-probe writes files without an id token. */
  const key = { id_token: undefined };

  it('a file, or a directory of credential files: import', async () => {
    const tokens = [await provider.issueTokens(alice), await provider.issueTokens(bob)];
    for (const [index, each] of tokens.entries()) writeFlatFile(home.home, `keys/${index}.json`, each, key);
    expect(await run('import', 'keys/0.json', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await run('import', 'keys', '--yes')).toMatchObject({ exitCode: 0 });
    expect(home.records().map(({ accessToken, refreshToken }) => [accessToken, refreshToken])).toEqual(
      tokens.map(({ access_token, refresh_token }) => [access_token, refresh_token]),
    );
  });

  it('the same files, kept where they are: renew', async () => {
    const tokens = await provider.issueTokens({ ...alice, expiresInSeconds: 60 });
    const path = writeFlatFile(home.home, 'keys/alice.json', tokens, key);
    expect(await run('renew', 'keys')).toMatchObject({ exitCode: 0 });
    const { access_token, refresh_token } = readFlatFile(path);
    expect([access_token, refresh_token]).not.toEqual([tokens.access_token, tokens.refresh_token]);
    expect(provider.fateOf(String(refresh_token))).toBe('live');
  });

  it('--login -o keys/: login, then export --format flat', async () => {
    const tokens = await home.addAccount('acc_alice', alice);
    expect(await run('export', 'alice', '--format', 'flat', '--out', 'key.json')).toMatchObject({ exitCode: 0 });
    const { access_token, refresh_token, account_id, email, type, expired } = flatFile(tokens);
    expect(readFlatFile(join(home.home.cwd, 'key.json'))).toMatchObject({
      access_token,
      refresh_token,
      account_id,
      email,
      type,
      expired,
      last_refresh: expect.stringMatching(/Z$/),
    });
  });

  it('--status keys/: usage', async () => {
    await home.addAccount('acc_alice', alice);
    expect(await json('usage')).toMatchObject({ accounts: [{ email: alice.email, quota: expect.any(Object) }] });
  });

  it('--status --output status.csv: usage --csv --out, with the same columns', async () => {
    await home.addAccount('acc_alice', alice);
    expect(await run('usage', '--csv', '--out', 'status.csv')).toMatchObject({ exitCode: 0 });
    const [header, row] = rowsIn(readFileSync(join(home.home.cwd, 'status.csv'), 'utf8'));
    expect(header?.join()).toBe(
      'file,account_id,email,plan_type,5h_used_pct,5h_reset_at,weekly_used_pct,weekly_reset_at,upstream_status,error',
    );
    expect(row?.slice(1, 3)).toEqual([alice.accountId, alice.email]);
    expect(row?.slice(-2)).toEqual(['ok', '']);
  });

  it('--apitest --output test.csv: models --csv --out, with the same columns', async () => {
    await home.addAccount('acc_alice', alice);
    expect(await run('models', '--yes', '--csv', '--out', 'test.csv')).toMatchObject({ exitCode: 0 });
    const [header, row] = rowsIn(readFileSync(join(home.home.cwd, 'test.csv'), 'utf8'));
    expect(header?.join()).toContain('file,account_id,sample_models,available');
    expect(row).toContain(alice.accountId);
  });

  it('--proxy "": --proxy ""', async () => {
    await home.addAccount('acc_alice', alice);
    const variables = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' };
    const direct = await runCli(home.home, ['usage', '--proxy', ''], { variables });
    expect(direct).toMatchObject({ exitCode: 0 });
  });
});

describe('codex_nerve', () => {
  it('accounts.ini: import, and for what it points at: import of the auth.json', async () => {
    const [first, second] = [await provider.issueTokens(alice), await provider.issueTokens(bob)];
    const section = (name: string, token: string, id: string) =>
      `[${name}]\naccess_token=${token}\naccount_id=${id}\nsessions_dir=~/.codex/sessions\nauth_file=\n`;
    const ini = `; accounts\n${section('personal', first.access_token, alice.accountId)}\n${section('work', second.access_token, bob.accountId)}`;
    writeSource(home.home, 'accounts.ini', ini);
    expect(await run('import', 'accounts.ini', '--yes')).toMatchObject({ exitCode: 0 });
    expect(home.records()).toMatchObject([
      { accountLabel: 'personal', accountId: alice.accountId, accessToken: first.access_token },
      { accountLabel: 'work', accountId: bob.accountId, accessToken: second.access_token },
    ]);
    writeSource(home.home, 'auth.json', { auth_mode: 'chatgpt', tokens: { ...first, account_id: alice.accountId } });
    expect(await run('import', 'auth.json', '--yes')).toMatchObject({ exitCode: 0 });
    expect(home.records()[0]).toMatchObject({ accountLabel: 'personal', refreshToken: first.refresh_token });
  });

  it('codex_nerve.py: watch', async () => {
    await home.addAccount('acc_alice', alice);
    const { stdout } = await run('watch', '--once', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      data: { accounts: [{ email: alice.email, quota: { windows: expect.any(Array) } }] },
    });
  });

  it('codex_nerve.py --once: usage --json', async () => {
    await home.addAccount('acc_alice', alice);
    const { accounts } = await json('usage');
    expect(accounts[0].quota).toMatchObject({ windows: expect.any(Array) });
  });

  it('codex_refresh_auth.py --print-only: renew --print-only', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 60 });
    const { exitCode, stdout } = await run('renew', '--print-only');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`POST ${provider.issuer}/oauth/token`);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  it('codex_refresh_auth.py: renew, by policy or with --force', async () => {
    const { access_token } = await home.addAccount('acc_alice', alice);
    expect(await run('renew', 'alice')).toMatchObject({ exitCode: 0 });
    expect(provider.requests.refreshes()).toEqual([]);
    expect(await run('renew', 'alice', '--force')).toMatchObject({ exitCode: 0 });
    expect(home.record('acc_alice').accessToken).not.toBe(access_token);
  });

  it('recovery by the token in auth.json, else by a refresh: check, and a line of status', async () => {
    const before = { lastRefresh: 1 };
    const old = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 30 }, before);
    home.writeAuthFile(await provider.issueTokens(alice));
    expect(await run('check')).toMatchObject({ exitCode: 0 });
    expect(home.record('acc_alice').accessToken).not.toBe(old.access_token);
    expect(provider.requests.refreshes()).toEqual([]);

    await home.addAccount('acc_bob', { ...bob, expiresInSeconds: -60 });
    expect(await run('check')).toMatchObject({ exitCode: 0 });
    expect((await run('status', 'bob@example.com')).stdout).toMatch(/^Recovery +the tokens were refreshed /m);
  });

  it('sessions_dir: the session counts of status', async () => {
    await home.addAccount('acc_alice', alice);
    writeSource(home.home, '../codex/sessions/2026/11/30/rollout-x.jsonl', '{}\n');
    expect((await json('status')).sessions).toMatchObject({ total: 1 });
  });
});
