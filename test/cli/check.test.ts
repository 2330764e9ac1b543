import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkCommand } from '../../src/cli/commands/check.js';
import { runCli } from '../support/cli.js';
import { challenge, rateLimited, refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { canMakeReadOnly, makeReadOnly } from '../support/read-only.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import {
  atNoon,
  dataOf,
  emptyHome,
  factsAbout,
  homeOfAlice,
  known,
  said,
  seededHome,
  setProviderToNoon,
  setUsage,
} from '../support/seed.js';
import { readJson, writeJson } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const check = ({ home }: RefreshHome, ...argv: string[]) => runCli(home, ['check', ...argv], atNoon);
const checked = async (seeded: RefreshHome, ...argv: string[]) =>
  dataOf(checkCommand, await check(seeded, ...argv, '--json'));

/** Writes the login of the record into the official client's `auth.json`. */
function useAsLogin(seeded: RefreshHome, id: string): void {
  const { idToken = '', accessToken = '', refreshToken = '' } = seeded.record(id);
  const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken };
  seeded.writeAuthFile(tokens, { last_refresh: '2026-11-20T12:00:00Z' });
}

describe('check', () => {
  test('says of each enabled account how its token, its login and its way to the provider are', async () => {
    const seeded = await seededHome(provider);
    useAsLogin(seeded, 'acc_home');
    const result = await check(seeded);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ 1  home <alice@example.com> (Personal): in use · token valid until 2026-12-01 12:00, in 10d · reachable · last renewed 1d ago
      ✓ 2  alice@example.com (Studio): token valid until 2026-12-01 12:00, in 10d · reachable · last renewed 1d ago
      ✓ 4  carol@example.com (Personal): token valid until 2026-12-01 12:00, in 10d · reachable · last renewed 1d ago
      3 fine, 1 disabled
      "
    `);
    expect(provider.requests.refreshes()).toHaveLength(0);
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(0);
  });

  test('adds the quota with --live', async () => {
    const seeded = await homeOfAlice(provider);
    setUsage(provider, alice, 90, 30);
    const result = await check(seeded, '--live');
    expect(said(result)).toContain('5h 10% · 7d 70% left, just read\n');
    expect((await checked(seeded, '--live')).accounts[0]?.quota).toMatchObject({
      source: 'live',
      usableNowPercent: 10,
    });
  });

  test('is not content when the quota cannot be read', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('usage', refused(503, 'overloaded'));
    const { accounts } = await checked(seeded, '--live');
    expect(accounts[0]).toMatchObject({ reachable: true, verdict: 'unreachable', problem: { code: 'provider-error' } });
  });

  test('refreshes what is due, once, and says so', async () => {
    const seeded = await homeOfAlice(provider, -60);
    const result = await check(seeded);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ 1  alice@example.com (Personal): token refreshed, valid until 2026-12-01 12:00, in 10d · reachable · last renewed now
      1 fine
      "
    `);
    expect(provider.requests.refreshes()).toHaveLength(1);
    await check(seeded);
    expect(provider.requests.refreshes()).toHaveLength(1);
  });

  test.each([
    [90, 0],
    [30, 1],
  ])('a token that lives for %i more seconds leads to %i refreshes', async (seconds, refreshes) => {
    const seeded = await homeOfAlice(provider, seconds - 30);
    await check(seeded);
    expect(provider.requests.refreshes()).toHaveLength(refreshes);
  });

  test('checks a disabled account when it is named, and leaves it disabled', async () => {
    const seeded = await seededHome(provider);
    const { accounts } = await checked(seeded, 'bob');
    expect(accounts).toMatchObject([{ id: 'acc_bob', index: 3, verdict: 'fine' }]);
    expect(seeded.record('acc_bob')['enabled']).toBe(false);
  });

  test('remembers what the provider calls the workspace and the plan', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_studio', aliceAtStudio, { planType: 'free' });
    await check(seeded);
    expect(seeded.record('acc_studio')).toMatchObject({ workspaceName: 'Studio', planType: 'team' });
  });
});

describe('a login that is dead', () => {
  test('is set aside, and the positions are those that the next command takes', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 }, known);
    await seeded.addAccount('acc_home', alice, known);
    provider.revokeAccount(carol);
    const result = await check(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toMatchInlineSnapshot(`
      "✗ –  carol@example.com: no usable token
           the provider refuses the login of carol@example.com (refresh_token_invalidated, 401): stand-in: refresh_token_invalidated; the account has been set aside → codex-auth login
      ✓ 1  alice@example.com (Personal): token valid until 2026-12-01 12:00, in 10d · reachable · last renewed 1d ago
      1 fine, 1 needs attention, 1 set aside: codex-auth verify-flagged
      "
    `);
    expect(seeded.flagged().map(({ recordId }) => recordId)).toEqual(['acc_carol']);
    const { accounts } = await checked(seeded);
    expect(accounts).toMatchObject([{ id: 'acc_home', index: 1 }]);
  });

  test('is no stranger afterwards: its name leads to the way out', async () => {
    const seeded = await homeOfAlice(provider, -60);
    provider.revokeAccount(alice);
    await check(seeded);
    const named = await check(seeded, 'alice');
    expect(named.exitCode).toBe(4);
    expect(said(named)).toContain('is set aside: the provider has ended its login\n  → codex-auth verify-flagged');
    const all = await check(seeded);
    expect(all.exitCode).toBe(3);
    expect(said(all)).toBe('error: every account here is set aside\n  → codex-auth verify-flagged\n');
    expect((await check(seeded, 'stranger')).exitCode).toBe(3);
  });

  test('is announced loudly when it is the one in use, with another one to take its place', async () => {
    const seeded = emptyHome(provider);
    const tokens = await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 });
    await seeded.addAccount('acc_home', alice);
    seeded.writeAuthFile(tokens);
    provider.revokeAccount(carol);
    const result = await check(seeded);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/carol@example.com is in use and set aside.*codex-auth switch 1/);
    const { inUse } = await checked(seeded);
    expect(inUse).toEqual({ holds: 'set-aside', id: 'acc_carol', email: 'carol@example.com' });
    const switched = await runCli(seeded.home, ['switch', '1'], atNoon);
    expect(said(switched)).toContain('alice@example.com');
  });
});

describe('progress', () => {
  const terminal = { terminal: { columns: 80 }, variables: { TERM: 'xterm', COLUMNS: '' } };
  const slowly = async (argv: readonly string[], variables = {}) => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('accountsCheck', { kind: 'slow', ms: 900 });
    const options = { ...atNoon, ...terminal, variables: { ...terminal.variables, ...variables } };
    return (await runCli(seeded.home, ['check', ...argv], options)).stderr;
  };

  test('is shown on a terminal while it takes long, and taken back', async () => {
    const stderr = await slowly([]);
    expect(stderr).toContain('Checking 0/1');
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });

  test.each([
    [['--json'], {}],
    [[], { CI: 'true' }],
    [[], { TERM: 'dumb' }],
  ])('is silent with %j and %j', async (argv, variables) => {
    expect(await slowly(argv, variables)).not.toContain('Checking');
  });
});

describe('what auth.json holds', () => {
  test('is worth a word when it is an account that was removed', async () => {
    const seeded = await homeOfAlice(provider);
    seeded.writeAuthFile(await provider.issueTokens(bob));
    await runCli(seeded.home, ['remove', 'bob', '--yes'], atNoon);
    const result = await check(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toMatchInlineSnapshot(`
      "✓ 1  alice@example.com (Personal): token valid until 2026-12-01 12:00, in 10d · reachable · last renewed 1d ago
      ✗ the official client is signed in as bob@example.com, which was removed here
           → codex-auth switch <account>, or bring it back: codex-auth login
      1 fine
      "
    `);
    expect((await checked(seeded)).inUse).toMatchObject({ holds: 'unknown-login', problem: { code: 'unknown-login' } });
  });

  test('is worth a word when it is no login', async () => {
    const seeded = await homeOfAlice(provider);
    writeFileSync(seeded.home.authFile, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-test"}');
    const result = await check(seeded);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('an API key, and no account of yours');
    expect(said(result)).not.toContain('sk-test');
  });

  test('is not asked about when an account is named, and is in order when it is nothing', async () => {
    const seeded = await homeOfAlice(provider);
    expect((await check(seeded)).exitCode).toBe(0);
    seeded.writeAuthFile(await provider.issueTokens(bob));
    expect((await check(seeded, 'alice')).exitCode).toBe(0);
  });
});

describe('exit codes', () => {
  test('5 when nothing was reachable, 1 when only some of it was', async () => {
    const seeded = await seededHome(provider);
    provider.scenario.on('accountsCheck', refused(503, 'overloaded'));
    expect((await check(seeded)).exitCode).toBe(5);
    provider.scenario.off('accountsCheck');
    provider.scenario.on('accountsCheck', refused(503, 'overloaded'), { accountId: alice.accountId });
    expect((await check(seeded)).exitCode).toBe(1);
  });

  test('5 comes with one reason for all accounts, and each has its own in JSON', async () => {
    const seeded = await seededHome(provider);
    provider.scenario.on('accountsCheck', challenge());
    const text = said(await check(seeded));
    expect(text.split('a challenge page stands in front of the provider')).toHaveLength(2);
    expect(text).toMatch(/\na challenge page .* → look at the VPN and the proxy, .*\n0 fine, 3 not reached/);
    const { accounts } = await checked(seeded);
    expect(accounts.map(({ problem }) => problem?.code)).toEqual(['challenge', 'challenge', 'challenge']);
  });

  test('3 without accounts', async () => {
    const result = await runCli(emptyHome(provider).home, ['check'], atNoon);
    expect(result.exitCode).toBe(3);
    expect(said(result)).toContain('codex-auth login');
  });

  test('1 when the workspace is gone', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('accountsCheck', { kind: 'status', status: 200, body: { accounts: [] } });
    expect((await checked(seeded)).accounts[0]?.problem?.code).toBe('workspace-gone');
    expect((await check(seeded)).exitCode).toBe(1);
  });
});

describe('trouble that says nothing about the login', () => {
  test.each([
    ['a challenge page', challenge(), 'challenge'],
    ['a rate limit', rateLimited(120), 'rate-limited'],
    ['a 500', refused(500, 'x'), 'provider-error'],
    ['a 403', refused(403, 'forbidden'), 'forbidden'],
    ['a cut connection', { kind: 'reset' }, 'offline'],
    ['nonsense', { kind: 'status', status: 200, body: 'OK' }, 'malformed'],
    ['a page', { kind: 'garbage' }, 'intercepted'],
  ] as const)('%s never leads to a refresh or sets the account aside', async (_what, fault, code) => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('accountsCheck', fault);
    const { accounts } = await checked(seeded);
    expect(accounts[0]?.problem?.code).toBe(code);
    expect(provider.requests.refreshes()).toHaveLength(0);
    expect(seeded.flagged()).toEqual([]);
  });

  test('a client that is refused for two accounts sets none aside, for one alone it does', async () => {
    const seeded = emptyHome(provider);
    for (const [id, who] of [
      ['acc_home', alice],
      ['acc_carol', carol],
    ] as const) {
      await seeded.addAccount(id, { ...who, expiresInSeconds: -60 });
    }
    provider.scenario.on('token', refused(401, 'invalid_client'));
    const result = await check(seeded);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('none was set aside');
    expect(seeded.flagged()).toEqual([]);
    await check(seeded, 'alice');
    expect(seeded.flagged().map(({ recordId }) => recordId)).toEqual(['acc_home']);
  });

  test('an account that somebody else removes meanwhile is no reason not to check the others', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 });
    provider.scenario.on('accountsCheck', { kind: 'slow', ms: 200 });
    const oneByOne = { ...atNoon, variables: { CODEX_AUTH_PROBE_CONCURRENCY: '1' } };
    const checking = runCli(seeded.home, ['check', '--json'], oneByOne);
    await expect.poll(() => provider.requests.to(endpointPaths.accountsCheck)).toHaveLength(1);
    const { accounts, ...others } = readJson(seeded.home.poolFile) as { accounts: unknown[] };
    writeJson(seeded.home.poolFile, { ...others, accounts: accounts.slice(0, 1) });
    expect(dataOf(checkCommand, await checking).accounts).toMatchObject([
      { id: 'acc_home', verdict: 'fine' },
      { id: 'acc_carol', verdict: 'attention', problem: { code: 'no-such-account' } },
    ]);
  });

  test.skipIf(!canMakeReadOnly)('facts that cannot be kept are a warning', async () => {
    const seeded = await homeOfAlice(provider);
    const path = join(seeded.home.root, 'account-state.json');
    writeFileSync(path, '{"version":1,"accounts":{}}');
    const release = makeReadOnly(path);
    try {
      const result = await check(seeded);
      expect(result.exitCode).toBe(0);
      expect(result.stderr).toContain('what was learnt could not be kept: ');
    } finally {
      release();
    }
    expect(readFileSync(path, 'utf8')).toBe('{"version":1,"accounts":{}}');
  });

  test('is remembered with its pause', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('accountsCheck', rateLimited(120));
    await check(seeded);
    expect(factsAbout(seeded, 'acc_home').health).toMatchObject({ score: 90, cooldown: { reason: 'rate-limited' } });
  });
});
