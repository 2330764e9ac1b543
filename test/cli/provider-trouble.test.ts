import { beforeEach, describe, expect, test } from 'vitest';
import { forecastCommand } from '../../src/cli/commands/forecast.js';
import { usageCommand } from '../../src/cli/commands/usage.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { challenge, rateLimited, refused } from '../support/provider/faults.js';
import type { Fault } from '../support/provider/scenario.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, aliceAtStudio, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import {
  at,
  atNoon,
  credentialsOf,
  dataOf,
  emptyHome,
  factsAbout,
  homeOfAlice,
  known,
  said,
  setProviderToNoon,
  setUsage,
} from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

interface Trouble {
  readonly name: string;
  readonly fault: Fault;
  readonly code: string;
  readonly message: RegExp;
  /** Milliseconds after noon until which the account is left alone. */
  readonly pause: number | undefined;
  readonly score: number;
}

const html = { 'content-type': 'text/html' };
const region = 'unsupported_country_region_territory';
const elsewhere = 'http://127.0.0.1:9/elsewhere';
const limitUntil = { error: { type: 'usage_limit_reached', resets_at: noon / 1000 + 900, resets_in_seconds: 900 } };

const troubles: readonly Trouble[] = [
  {
    name: 'a challenge page',
    fault: challenge(),
    code: 'challenge',
    message: /challenge page.*\(403\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a 403 that is none',
    fault: refused(403, 'no'),
    code: 'forbidden',
    message: /forbids it \(no, 403\): stand-in: no/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a 429 with a wait',
    fault: rateLimited(120),
    code: 'rate-limited',
    message: /rate limited until 12:02, in 2m/,
    pause: 120_000,
    score: 90,
  },
  {
    name: 'a 429 with a reset',
    fault: { kind: 'status', status: 429, body: limitUntil },
    code: 'rate-limited',
    message: /until 12:15, in 15m/,
    pause: 900_000,
    score: 90,
  },
  {
    name: 'a 429 without either',
    fault: { kind: 'status', status: 429 },
    code: 'rate-limited',
    message: /rate limited/,
    pause: 60_000,
    score: 90,
  },
  {
    name: 'a 500',
    fault: refused(500, 'x'),
    code: 'provider-error',
    message: /has a problem \(500\): stand-in: x/,
    pause: 6_000,
    score: 80,
  },
  {
    name: 'a 503 page',
    fault: { kind: 'status', status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' },
    code: 'provider-error',
    message: /\(503\)/,
    pause: 6_000,
    score: 80,
  },
  {
    name: 'a redirect to another host',
    fault: { kind: 'redirect', to: elsewhere },
    code: 'intercepted',
    message: /a redirect to 127.0.0.1:9 came in place of the provider's answer \(307\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a body of 400 MB',
    fault: { kind: 'huge', bytes: 400 * 1024 * 1024 },
    code: 'malformed',
    message: /too large|more than|larger/,
    pause: 6_000,
    score: 80,
  },
  {
    name: 'an answer that drips',
    fault: { kind: 'drip', intervalMs: 50 },
    code: 'timeout',
    message: /time|did not|answer/,
    pause: 6_000,
    score: 80,
  },
  {
    name: 'no answer at all',
    fault: { kind: 'hang' },
    code: 'timeout',
    message: /time|did not|answer/,
    pause: 6_000,
    score: 80,
  },
  {
    name: 'a cut connection',
    fault: { kind: 'reset' },
    code: 'offline',
    message: /connection/,
    pause: 6_000,
    score: 80,
  },
  { name: 'half an answer', fault: { kind: 'torn' }, code: 'offline', message: /connection/, pause: 6_000, score: 80 },
  {
    name: 'an HTML page',
    fault: { kind: 'garbage', body: '<html><title>Hotel Wi-Fi</title></html>' },
    code: 'intercepted',
    message: /a page came in place of the provider's answer \(200: “Hotel Wi-Fi”\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a page of a filtering proxy',
    fault: { kind: 'status', status: 403, headers: html, body: '<title>Blocked by policy</title>' },
    code: 'intercepted',
    message: /\(403: “Blocked by policy”\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a captive portal that says so',
    fault: { kind: 'status', status: 511, headers: html, body: '<title>Sign in</title>' },
    code: 'intercepted',
    message: /\(511: “Sign in”\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a refusal of the region',
    fault: refused(403, region),
    code: 'region',
    message: /where this machine is \(unsupported_country_region_territory, 403\): stand-in/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a refusal of the region that looks like one of the token',
    fault: { kind: 'status', status: 401, body: { detail: { error: { code: region } } } },
    code: 'region',
    message: /where this machine is/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a workspace that has been deactivated',
    fault: { kind: 'status', status: 402, body: { detail: { code: 'deactivated_workspace' } } },
    code: 'workspace-deactivated',
    message: /its workspace has been deactivated \(deactivated_workspace, 402\)/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'a refusal in words only',
    fault: { kind: 'status', status: 404, body: { detail: 'Not Found' } },
    code: 'refused',
    message: /refuses the request \(404\): Not Found/,
    pause: undefined,
    score: 100,
  },
  {
    name: 'JSON that says nothing',
    fault: { kind: 'garbage', body: '[1,2]' },
    code: 'malformed',
    message: /cannot be read/,
    pause: 6_000,
    score: 80,
  },
];

const usage = ({ home }: RefreshHome, argv: readonly string[] = [], options: CliOptions = atNoon) =>
  runCli(home, ['usage', '--timeout', '0.5', ...argv], options);

describe.each(troubles)('$name instead of the numbers', ({ fault, code, message, pause, score }) => {
  test('is named, bounded, and neither a reason to refresh nor to set the account aside', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('usage', fault);
    const before = credentialsOf(seeded);
    const memory = process.memoryUsage().rss;
    const startedAt = performance.now();
    const result = await usage(seeded, ['--json', '--live']);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(150 * 1024 * 1024);

    const [account] = dataOf(usageCommand, result).accounts;
    expect(account?.failure?.code).toBe(code);
    expect(account?.failure?.message).toMatch(message);
    expect(account).not.toHaveProperty('quota');
    const isAboutAccount = ['forbidden', 'refused', 'workspace-deactivated'].includes(code);
    expect(result.exitCode).toBe(isAboutAccount ? 1 : 5);
    expect(provider.requests.refreshes()).toHaveLength(0);
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(1);
    expect(credentialsOf(seeded)).toEqual(before);

    const { health } = factsAbout(seeded, 'acc_home');
    expect(health?.cooldown?.until).toBe(pause === undefined ? undefined : noon + pause);
    expect(health?.score ?? 100).toBe(score);
  });

  test('leaves the numbers that are known, with their age', async () => {
    const seeded = await homeOfAlice(provider);
    setUsage(provider, alice, 20, 30);
    await usage(seeded);
    provider.scenario.on('usage', fault);
    const result = await usage(seeded, [], at(10));
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('seen 10m ago\n');
    expect(said(result)).toContain('5h   80% left, resets 14:05, in 1h 55m\n');
    const forecast = await runCli(seeded.home, ['forecast', '--json', '--timeout', '0.5', '--cached'], at(10));
    expect(dataOf(forecastCommand, forecast).accounts[0]?.quota).toMatchObject({ source: 'cache' });
  });
});

test('one account in trouble does not spoil the others', async () => {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', alice, known);
  await seeded.addAccount('acc_carol', carol, known);
  provider.scenario.on('usage', { kind: 'hang' }, { accountId: alice.accountId });
  const result = await usage(seeded, ['--json']);
  expect(result.exitCode).toBe(1);
  expect(dataOf(usageCommand, result).accounts).toMatchObject([
    { failure: { code: 'timeout' } },
    { quota: { source: 'live' } },
  ]);
});

test('an access token that the provider refuses is never refreshed without --live', async () => {
  const seeded = await homeOfAlice(provider);
  provider.revokeAccount(alice, { accessTokens: 'refused' });
  const before = credentialsOf(seeded);
  const result = await usage(seeded);
  expect(result.exitCode).toBe(1);
  expect(said(result)).toContain(
    'the access token is refused (token_revoked, 401): stand-in: token_revoked → codex-auth check\n',
  );
  expect(provider.requests.refreshes()).toHaveLength(0);
  expect(credentialsOf(seeded)).toEqual(before);
});

describe('without a network', () => {
  // The discard port of loopback: nobody listens there.
  const nowhere = 'http://127.0.0.1:9';
  const offline = (options: CliOptions = atNoon): CliOptions => ({
    ...options,
    variables: { CODEX_AUTH_ISSUER: nowhere, CODEX_AUTH_BACKEND_URL: `${nowhere}/backend-api` },
  });

  /** Records without a place of issue, because no token is sent to another address than that. */
  async function offlineHome(expiresInSeconds = 86_400): Promise<RefreshHome> {
    const seeded = emptyHome(provider);
    const facts = { ...known, provenance: undefined };
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds }, facts);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds }, facts);
    return seeded;
  }

  const commands: readonly [argv: string, unknown: number, known: number][] = [
    ['list', 0, 0],
    ['status', 1, 1],
    ['usage', 5, 1],
    ['forecast', 5, 0],
    ['best', 5, 0],
    ['report', 0, 0],
    ['check', 5, 5],
    ['check --live', 5, 5],
    ['usage --live', 5, 1],
    ['forecast --live', 5, 0],
    ['best --session a', 5, 0],
    ['guard --once', 0, 0],
    ['config list', 0, 0],
    ['switch 1', 0, 0],
  ];

  test.each(commands)(
    '%s ends with %i when nothing is known, with %i when something is',
    async (command, unknown, facts) => {
      const startedAt = performance.now();
      const dark = await offlineHome();
      const ignorant = await runCli(dark.home, command.split(' '), offline());
      expect(ignorant.exitCode).toBe(unknown);

      const seeded = await offlineHome();
      for (const who of [alice, carol]) setUsage(provider, who, 20, 30);
      await runCli(seeded.home, ['usage'], atNoon);
      const result = await runCli(seeded.home, command.split(' '), offline(at(10)));
      expect(result.exitCode).toBe(facts);
      if (/^(usage|forecast|best|report|list)/.test(command)) expect(result.stdout).toContain('seen 10m ago');
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );

  test('numbers of windows that have reset since say nothing', async () => {
    const seeded = await offlineHome(9 * 86_400);
    for (const who of [alice, carol]) setUsage(provider, who, 20, 30);
    await runCli(seeded.home, ['usage'], atNoon);
    const afterDays = offline(at(4 * 24 * 60));
    const codes = [];
    for (const argv of [['usage'], ['forecast'], ['best']])
      codes.push((await runCli(seeded.home, argv, afterDays)).exitCode);
    expect(codes).toEqual([5, 5, 5]);
  });

  test('an account that could not be asked does not make anything known', async () => {
    const seeded = await offlineHome();
    await seeded.addAccount(
      'acc_studio',
      { ...aliceAtStudio, expiresInSeconds: -60 },
      { ...known, provenance: undefined },
    );
    const result = await runCli(seeded.home, ['forecast'], offline());
    expect(result.exitCode).toBe(5);
    expect(result.stdout).toContain('Nothing is known about any account, and nobody could be asked\n');
    expect(result.stdout).toContain('the access token has expired');
  });

  test('a provider that is silent to every refresh is no fault of the accounts', async () => {
    const seeded = await homeOfAlice(provider, -60);
    provider.scenario.on('token', { kind: 'hang' });
    for (const argv of [['usage', '--live'], ['check'], ['guard', '--once']]) {
      const { exitCode } = await runCli(seeded.home, argv, { ...atNoon, spendingDeadlineMs: 1_000 });
      expect({ argv, exitCode }).toEqual({ argv, exitCode: 5 });
    }
    expect(provider.requests.refreshes().length).toBeGreaterThan(0);
  });

  test('the best account is the best by what is known', async () => {
    const seeded = await offlineHome();
    setUsage(provider, alice, 99, 30);
    setUsage(provider, carol, 20, 30);
    await runCli(seeded.home, ['usage'], atNoon);
    const result = await runCli(seeded.home, ['best'], offline(at(10)));
    expect(result.stdout).toContain('2  carol@example.com');
    expect(result.stderr).toContain('quota not read of account 1, 2: ');
  });

  test('a refresh that was not sent loses nothing and blames nobody', async () => {
    const seeded = await offlineHome(-3_600);
    const before = credentialsOf(seeded);
    const result = await runCli(seeded.home, ['check'], offline());
    expect(result.exitCode).toBe(5);
    expect(credentialsOf(seeded)).toEqual(before);
    expect((await runCli(seeded.home, ['check'], atNoon)).exitCode).toBe(0);
  });
});

test('a switch that cannot refresh because of where the machine is says what to look at', async () => {
  const seeded = await homeOfAlice(provider, 60);
  provider.scenario.on('token', refused(403, region));
  const result = await runCli(seeded.home, ['switch', '1'], atNoon);
  expect(result.exitCode).toBe(0);
  expect(said(result)).toMatch(/from where this machine is \(.*\).*gets it as it is: look at the VPN and the proxy/);
  expect(said(result)).not.toContain('by itself');
});
