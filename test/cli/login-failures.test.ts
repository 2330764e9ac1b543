import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { contentOf } from '../support/home-content.js';
import { accountsIn, homeBefore } from '../support/login-home.js';
import { withLogin } from '../support/manual-login.js';
import { alice, bob } from '../support/people-refs.js';
import { challenge, rateLimited, refused } from '../support/provider/faults.js';
import { endpointPaths, type Fault } from '../support/provider/scenario.js';
import { startProvider } from '../support/provider/start.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const answering = (body: object): Fault => ({ kind: 'status', status: 200, body });

describe('a login that comes to nothing leaves everything as it was:', () => {
  const where = () => provider.issuer.replace('http://', '');
  const table: [string, Fault, number, string, () => string, string][] = [
    ['never answers', { kind: 'hang' }, 5, 'timeout', () => `${where()} did not answer in time`, 'try again'],
    [
      'answers 500',
      refused(500, 'server_error'),
      5,
      'provider-error',
      () => 'the provider has a problem (server_error, 500): stand-in: server_error',
      'try again in a minute',
    ],
    [
      'answers 500 after it has worked',
      { kind: 'processedThen500' },
      5,
      'provider-error',
      () => 'the provider has a problem (server_error, 500)',
      'try again in a minute',
    ],
    [
      'answers HTML',
      { kind: 'garbage', body: '<html><title>Hotel Wi-Fi</title></html>' },
      5,
      'intercepted',
      () => "a page came in place of the provider's answer (200: “Hotel Wi-Fi”)",
      'sign in to the network if it wants that, and look at the VPN and the proxy (codex-auth status shows the proxy)',
    ],
    [
      'answers other JSON',
      { kind: 'garbage', body: '{"a":1}' },
      5,
      'provider-error',
      () => 'the answer is not one of a token endpoint (200)',
      'check for a proxy or a captive portal in between, then try again',
    ],
    [
      'redirects',
      { kind: 'redirect', to: 'http://127.0.0.1:1/' },
      5,
      'intercepted',
      () => "a redirect to 127.0.0.1:1 came in place of the provider's answer (307)",
      'sign in to the network if it wants that, and look at the VPN and the proxy (codex-auth status shows the proxy)',
    ],
    [
      'resets the connection',
      { kind: 'reset' },
      5,
      'unknown-outcome',
      () => `the connection to ${where()} broke off`,
      'try again',
    ],
    [
      'tears its answer',
      { kind: 'torn' },
      5,
      'unknown-outcome',
      () => `the connection to ${where()} broke off`,
      'try again',
    ],
    [
      'answers without end',
      { kind: 'huge', bytes: 2 ** 24 },
      5,
      'unknown-outcome',
      () => `the answer of ${where()} is too large`,
      'try again',
    ],
    [
      'refuses the code',
      refused(400, 'invalid_grant'),
      1,
      'login-failed',
      () => 'the provider refused it (invalid_grant, 400): stand-in: invalid_grant',
      'try again; codex-auth doctor looks at the clock and the network',
    ],
    [
      'knows no account any more',
      refused(403, 'account_deactivated'),
      1,
      'login-failed',
      () => 'the provider refused it (account_deactivated, 403): stand-in: account_deactivated',
      'ask whoever runs the account or its workspace, or sign in to another one',
    ],
    [
      'refuses the region',
      refused(403, 'unsupported_country_region_territory'),
      5,
      'region',
      () =>
        'the provider refuses requests from where this machine is (unsupported_country_region_territory, 403): ' +
        'stand-in: unsupported_country_region_territory',
      'look at the VPN and the proxy (codex-auth status shows the proxy), or try from another network',
    ],
    [
      'gives no refresh token',
      answering({ access_token: 'a.b.c', id_token: 'i.d.t' }),
      1,
      'login-failed',
      () => "the provider's answer holds no refresh token",
      'try again; if it stays so, ask the administrator of the workspace whether it lets programs stay signed in',
    ],
    [
      'gives no id token',
      answering({ access_token: 'a.b.c', refresh_token: 'rt_0123456789' }),
      1,
      'login-failed',
      () => "the provider's answer holds no id token",
      'try again; if it stays so, ask the administrator of the workspace whether it lets programs stay signed in',
    ],
    [
      'is rate limited',
      rateLimited(30),
      5,
      'rate-limited',
      () => 'the provider asks to slow down (rate_limit_exceeded, 429): Too many requests',
      'wait a minute, then try again',
    ],
    [
      'hides behind a challenge',
      challenge(),
      5,
      'challenge',
      () => 'a challenge page stands in front of the provider (403)',
      'look at the VPN and the proxy, or try again from another network, or later',
    ],
  ];

  test.each(table)('a token endpoint that %s', async (_what, fault, exitCode, code, message, hint) => {
    const { home, before } = await homeBefore(provider);
    provider.scenario.on('token', fault);
    const driver = driveLogin(provider, bob);
    const result = await runCli(home, ['login', '--json'], {
      onStderr: driver.onStderr,
      spendingDeadlineMs: 1_500,
    });
    const { error } = JSON.parse(result.stdout);
    expect([result.exitCode, error.code, error.message, error.hint]).toEqual([
      exitCode,
      code,
      `the sign-in failed: ${message()}`,
      hint,
    ]);
    expect((await driver.finished())?.answer?.body).toContain('Sign-in failed');
    expect(contentOf(home)).toEqual(before);
    expect(provider.requests.to(endpointPaths.token)).toHaveLength(1);
  });

  test('a provider that nobody reaches', async () => {
    const { home, before } = await homeBefore(provider);
    const gone = await startProvider();
    await gone.stop();
    const { exitCode, stderr } = await withLogin(
      home,
      provider,
      async ({ get, authorizeUrl }) => {
        const state = new URL(authorizeUrl).searchParams.get('state') ?? '';
        await get(`/auth/callback?code=any&state=${state}`);
      },
      [],
      { variables: { CODEX_AUTH_ISSUER: gone.issuer } },
    );
    expect(exitCode).toBe(5);
    expect(stderr).toContain(
      'refused the connection (ECONNREFUSED)\n  → check the network and the proxy, then try again\n',
    );
    expect(contentOf(home)).toEqual(before);
  });

  test('a consent that is denied', async () => {
    const { home, before } = await homeBefore(provider);
    const { exitCode, stderr, stdout } = await signIn(home, provider, { ...bob, deny: true });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(
      'error: the sign-in was declined in the browser (access_denied: The person refused.)\n  → try again, and allow it on the page\n',
    );
    expect(contentOf(home)).toEqual(before);
    expect(provider.requests.to(endpointPaths.token)).toEqual([]);
  });

  test('somebody else than --expect names', async () => {
    const { home, before } = await homeBefore(provider);
    const { exitCode, stderr } = await signIn(home, provider, bob, ['--expect', 'Alice@Example.com']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'error: signed in as bob@example.com, not as Alice@Example.com; nothing was stored\n' +
        '  → sign out in the browser or use a private window, then run the command again\n',
    );
    expect(contentOf(home)).toEqual(before);
    const masked = await signIn(home, provider, bob, ['--expect', 'alice@example.com', '--mask', '--json']);
    expect(masked.stdout + masked.stderr).not.toMatch(/bob@|alice@|example\.com/);
    expect((await signIn(home, provider, alice, ['--expect', ' ALICE@example.com '])).exitCode).toBe(0);
  });

  test('an unusable port list', async () => {
    const { home, before } = await homeBefore(provider);
    for (const argv of [['login'], ['login', '--manual']]) {
      const { exitCode, stderr } = await runCli(home, argv, { variables: { CODEX_AUTH_LOGIN_PORTS: '80,x' } });
      expect(exitCode).toBe(2);
      expect(stderr).toContain('CODEX_AUTH_LOGIN_PORTS must be port numbers separated by commas');
    }
    expect(contentOf(home)).toEqual(before);
  });
});

test('what cannot be stored stays in the journal, and the next command that writes stores it', async () => {
  const home = createTestHome(provider);
  await signIn(home, provider, alice);
  const good = readFileSync(home.poolFile, 'utf8');
  const journal = join(home.root, 'refresh-journal');
  const { exitCode, stderr } = await withLogin(home, provider, async ({ get, callbackUrlOf }) => {
    const url = new URL(await callbackUrlOf(bob));
    writeFileSync(home.poolFile, '{"version":3,');
    await get(url.pathname + url.search);
  });
  expect(exitCode).toBe(6);
  expect(stderr).toContain(`; the new login is kept in ${journal}, and the next command that writes stores it\n`);
  expect(readdirSync(journal)).toHaveLength(1);
  expect(readFileSync(home.poolFile, 'utf8')).toBe('{"version":3,');
  writeFileSync(home.poolFile, good);
  await runCli(home, ['label', '1', 'home']);
  expect(accountsIn(home.poolFile)).toMatchObject([{ accountLabel: 'home' }, bob]);
  expect(readdirSync(journal)).toEqual([]);
});

test('a root of another user is refused before anybody signs in for nothing', async () => {
  const home = createTestHome(provider);
  mkdirSync(home.root, { recursive: true });
  const { exitCode, stderr } = await runCli(home, ['login'], { effectiveUserId: (process.geteuid?.() ?? 0) + 1 });
  expect(exitCode).toBe(6);
  expect(stderr).toContain('run it as the owner, without sudo');
  expect(stderr).not.toContain('Sign in here');
});
