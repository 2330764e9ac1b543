import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { challenge, refused } from '../support/provider/faults.js';
import type { Endpoint, Fault } from '../support/provider/scenario.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, credentialsOf, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const region = 'unsupported_country_region_territory';
const page: Fault = { kind: 'garbage', body: '<html><title>Hotel Wi-Fi</title></html>' };

/** Three accounts, two of which are due, and one that is set aside. */
async function manyAccounts(): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: -60 }, known);
  await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: -60 }, known);
  await seeded.addAccount('acc_carol', carol, known);
  return seeded;
}

const run = ({ home }: RefreshHome, argv: string) => runCli(home, argv.split(' '), atNoon);
const json = ({ home }: RefreshHome, argv: string) => runJson(home, argv.split(' '), atNoon);

function stateOf({ home }: RefreshHome): Record<string, { health?: Record<string, unknown> }> {
  return JSON.parse(readFileSync(join(home.root, 'account-state.json'), 'utf8')).accounts;
}

describe('what is wrong with the way to the provider', () => {
  const ways: readonly [string, Fault, string][] = [
    ['a region refusal', refused(403, region), 'region'],
    ['a region refusal inside a detail', { kind: 'status', status: 400, body: { detail: { code: region } } }, 'region'],
    ['a challenge page', challenge(), 'challenge'],
    ['a page of a proxy', { kind: 'status', status: 403, body: '<html><title>Blocked</title></html>' }, 'intercepted'],
    ['a captive portal', { kind: 'status', status: 511, body: '<html>' }, 'intercepted'],
  ];

  test.each(ways)('%s leaves every account as it was, however often', async (_name, fault, code) => {
    const seeded = await manyAccounts();
    const before = credentialsOf(seeded);
    for (const endpoint of ['token', 'accountsCheck', 'usage'] as const) provider.scenario.on(endpoint, fault);
    for (const _round of [1, 2, 3]) {
      for (const argv of ['check', 'check --live', 'usage --live', 'guard --once', 'renew --force', 'fix']) {
        const { exitCode } = await run(seeded, argv);
        expect({ argv, exitCode }).toEqual({ argv, exitCode: 5 });
      }
    }
    expect(credentialsOf(seeded)).toEqual(before);
    expect(seeded.journal()).toEqual([]);
    for (const { health } of Object.values(stateOf(seeded))) expect(health).toBeUndefined();

    const { document } = await json(seeded, 'check');
    const codes = document.data.accounts.map((each: { problem: { code: string } }) => each.problem.code);
    expect(codes).toEqual([code, code, code]);

    for (const endpoint of ['token', 'accountsCheck', 'usage'] as const) provider.scenario.off(endpoint);
    expect((await run(seeded, 'check')).exitCode).toBe(0);
  });

  test.each(
    ways.flatMap(([name, fault]) => {
      const commands = ['check', 'usage', 'usage --live', 'forecast --live', 'best --live', 'report --live'];
      const spending = ['renew --force', 'guard --once', 'models --yes --model m', 'fix', 'verify-flagged'];
      return [...commands, ...spending].map((argv) => [name, argv, fault] as const);
    }),
  )('%s is said once by %s, with what to look at', async (_name, argv, fault) => {
    const seeded = await manyAccounts();
    if (argv === 'verify-flagged') for (const index of [1, 1, 1]) await run(seeded, `flag ${index}`);
    for (const endpoint of ['token', 'accountsCheck', 'usage', 'models', 'responses'] as const) {
      provider.scenario.on(endpoint, fault);
    }
    const result = await run(seeded, argv);
    expect(said(result).match(/VPN and the proxy/g)).toHaveLength(1);
  });

  test('a portal in place of the token endpoint is named, and the login survives it', async () => {
    const seeded = await manyAccounts();
    provider.scenario.on('token', page);
    const { exitCode, document } = await json(seeded, 'check 1');
    expect(exitCode).toBe(5);
    expect(document.data.accounts[0].problem).toMatchObject({
      code: 'intercepted',
      message: "a page came in place of the provider's answer (200: “Hotel Wi-Fi”)",
    });
    expect(seeded.flagged()).toEqual([]);
  });

  test('on a sign-in it has its own code, whether the page or the token endpoint says it', async () => {
    const seeded = emptyHome(provider);
    provider.scenario.on('usercode', refused(403, region));
    const { exitCode, document } = await json(seeded, 'login --device-auth');
    expect(exitCode).toBe(5);
    expect(document.error).toMatchObject({ code: 'region', details: { providerCode: region } });
    expect(document.error.hint).toMatch(/VPN.*proxy/);
  });
});

describe('a login that has ended', () => {
  test.each([
    'app_session_expired',
    'invalid_refresh_token',
    'session_expired',
    'refresh_token_revoked',
    'token_revoked',
  ])('%s with status 400 is the end at once: the token is sent once, and a new sign-in asked for', async (code) => {
    const seeded = await manyAccounts();
    provider.scenario.on('token', refused(400, code), { accountId: alice.accountId });
    const { exitCode, document } = await json(seeded, 'check 1');
    expect(exitCode).toBe(1);
    expect(document.data.accounts[0].problem).toEqual({
      code: 'sign-in-needed',
      message:
        `the provider refuses the login of alice@example.com (${code}, 400): stand-in: ${code}` +
        '; the account has been set aside',
      hint: 'codex-auth login',
      providerCode: code,
      providerMessage: `stand-in: ${code}`,
    });
    for (const argv of ['check', 'usage --live', 'guard --once', 'renew']) await run(seeded, argv);
    const sent = provider.requests.refreshes().filter(({ status }) => status === 400);
    expect(sent).toHaveLength(1);
    expect(seeded.flagged()).toMatchObject([{ recordId: 'acc_home', flaggedReason: code }]);
    expect(stateOf(seeded)['acc_home']?.health).toMatchObject({
      lastReason: 'refresh-failed',
      providerCode: code,
      providerMessage: `stand-in: ${code}`,
      lastErrorAt: expect.any(Number),
    });
  });

  test('a blocked account is none that another sign-in would bring back', async () => {
    const seeded = await manyAccounts();
    provider.scenario.on('token', refused(403, 'account_deactivated'), { accountId: alice.accountId });
    const { document } = await json(seeded, 'check 1');
    const { message, hint } = document.data.accounts[0].problem;
    expect(message).toMatch(/closed or blocked the account alice@example.com \(account_deactivated, 403\)/);
    expect(hint).toContain('codex-auth verify-flagged');
  });
});

describe('the reason arrives', () => {
  const bodies: readonly [string, number, object, string, string | undefined][] = [
    [
      'accountsCheck',
      403,
      { error: { code: 'invalid_workspace_selected', message: 'Not yours.' } },
      'check',
      'workspace-gone',
    ],
    ['accountsCheck', 401, { detail: { code: 'account_deactivated', message: 'Closed.' } }, 'check', 'account-blocked'],
    ['accountsCheck', 402, { detail: { code: 'deactivated_workspace' } }, 'check', 'workspace-deactivated'],
    ['usage', 402, { detail: { code: 'deactivated_workspace' } }, 'usage', 'workspace-deactivated'],
    ['usage', 401, { error: { code: 'token_revoked', message: 'Signed out.' } }, 'usage', 'unauthorized'],
    ['usage', 403, { detail: 'no_seat' }, 'forecast', 'forbidden'],
    ['usage', 503, { code: 'overloaded', message: 'Busy.' }, 'usage', 'provider-error'],
    ['usage', 429, { error: { code: 'too_fast', message: 'Slow down.' } }, 'usage', 'rate-limited'],
    ['models', 401, { error: { code: 'token_revoked' } }, 'models --yes', 'unauthorized'],
  ];

  test.each(bodies)('%s %i %j: in text, JSON and health', async (endpoint, status, body, argv, code) => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_carol', carol, known);
    provider.scenario.on(endpoint as Endpoint, { kind: 'status', status, body });
    const { document } = await json(seeded, argv);
    const [account] = document.data.accounts;
    const failure = account.problem ?? account.failure;
    const providerCode = /"(?:code|detail)":"([a-z_]+)"/.exec(JSON.stringify(body))?.[1] ?? '';
    const words = /"message":"([^"]+)"/.exec(JSON.stringify(body))?.[1];
    expect(failure).toMatchObject({ code, providerCode, ...(words === undefined ? {} : { providerMessage: words }) });
    const text = said(await run(seeded, argv));
    expect(text).toContain(providerCode);
    if (words !== undefined) expect(text).toContain(words);
    if (argv.startsWith('models')) return;
    expect(stateOf(seeded)['acc_carol']?.health).toMatchObject({ providerCode, lastErrorAt: expect.any(Number) });
  });

  test('of the list of reset credits, beside their number', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_carol', carol, known);
    provider.scenario.setUsage(carol.accountId, { overrides: { rate_limit_reset_credits: { available_count: 2 } } });
    provider.scenario.on('resetCredits', refused(403, 'not_for_you'));
    const { document } = await json(seeded, 'usage');
    expect(document.data.accounts[0].resetCredits).toMatchObject({
      availableCount: 2,
      failure: { code: 'forbidden', providerCode: 'not_for_you' },
    });
    expect(said(await run(seeded, 'usage'))).toContain('not_for_you, 403');
  });

  test('of a workspace that cannot be entered, which is no reason to sign in when it is for a moment', async () => {
    const seeded = emptyHome(provider);
    const { refresh_token } = await provider.issueTokens(alice);
    const shared = { ...aliceAtStudio, refreshToken: refresh_token, expiresInSeconds: -60 };
    seeded.addRecord('acc_studio', await provider.issueTokens(shared), known);
    provider.scenario.on('switchWorkspace', refused(503, 'overloaded'));
    const { exitCode, document } = await json(seeded, 'check');
    expect(exitCode).toBe(5);
    expect(document.data.accounts[0].problem).toMatchObject({ code: 'provider-error', providerCode: 'overloaded' });
    expect(seeded.flagged()).toEqual([]);
  });
});
