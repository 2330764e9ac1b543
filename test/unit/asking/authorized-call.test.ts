import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BackendAccess, callAsAccount, type Refresher } from '../../../src/core/asking/authorized-call.js';
import { readAuthFile } from '../../../src/core/codex/auth-file-state.js';
import { ensureUsable } from '../../../src/core/spending/refresh.js';
import { challenge, rateLimited, refused } from '../../support/provider/faults.js';
import { endpointPaths, type Fault } from '../../support/provider/scenario.js';
import { alice, bob, carol, RefreshHome } from '../../support/refresh-home.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { useProvider } from '../../support/use-provider.js';
import { freePort } from '../http/loopback-servers.js';

const provider = useProvider();

const path = '/wham/usage';
const newHome = () => new RefreshHome(temporaryDirectory(), provider);
const refreshes = () => provider.requests.refreshes().length;
const bearers = () => provider.requests.to(endpointPaths.usage).map(({ headers }) => headers.authorization);

/** The access of a command that may refresh; `readOnly` makes that of one that may not. */
function accessTo(home: RefreshHome, changes: Partial<BackendAccess> = {}): BackendAccess {
  const { deps } = home.run('1');
  const refresher: Refresher = (account, why, rejected) =>
    ensureUsable(deps, {
      account,
      reason: why === 'due' ? 'proactive_expiry' : 'unauthorized_recovery',
      ...(rejected === undefined ? {} : { rejected }),
    });
  const { root, home: codex, http, provider: endpoints, callOptions } = deps;
  const startedWith = readAuthFile(codex).content;
  return { root, home: codex, http, provider: endpoints, callOptions, startedWith, refresher, ...changes };
}

function readOnly(home: RefreshHome): BackendAccess {
  const { refresher: _, ...access } = accessTo(home);
  return access;
}

function killAccessToken(): void {
  provider.scenario.on('usage', refused(401, 'token_expired'), { times: 1 });
}

describe('a call with a good token', () => {
  test('is answered', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'ok' } });
    expect(answer).not.toHaveProperty('recovery');
    expect(provider.requests.all).toHaveLength(1);
  });

  test('is not made for an account that another address has issued', async () => {
    const home = newHome();
    await home.addAccount('a', carol, { provenance: { issuer: 'https://elsewhere.example', clientId: 'x' } });
    for (const access of [accessTo(home), readOnly(home)]) {
      const answer = await callAsAccount(access, home.account('a'), path);
      expect(answer).toMatchObject({ kind: 'not-refreshed', outcome: { kind: 'issuer-mismatch' } });
    }
    expect(provider.requests.all).toEqual([]);
  });
});

describe('a call without a good token', () => {
  test('refreshes first, where that is allowed', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, expiresInSeconds: -60 });
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'ok' }, recovery: 'refreshed' });
    expect(refreshes()).toBe(1);
  });

  test('is not made where it is not', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, expiresInSeconds: -60 });
    const answer = await callAsAccount(readOnly(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'needs-refresh' });
    expect(provider.requests.all).toEqual([]);
  });

  test('uses what is left of a token that the official client looks after, and nothing that is not', async () => {
    const home = newHome();
    await home.addAccount('live', { ...carol, expiresInSeconds: 30 });
    await home.addAccount('over', { ...alice, expiresInSeconds: -30 });
    const refresher: Refresher = async (account) => ({ kind: 'left-to-client', account, pid: 7 });
    const access = accessTo(home, { refresher });
    expect(await callAsAccount(access, home.account('live'), path)).toMatchObject({ answer: { kind: 'ok' } });
    expect(await callAsAccount(access, home.account('over'), path)).toMatchObject({ kind: 'not-refreshed' });
    expect(bearers()).toHaveLength(1);
  });
});

describe('a 401', () => {
  test('of an account that is not in use leads to one refresh and one more attempt', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    killAccessToken();
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'ok' }, recovery: 'refreshed' });
    expect(provider.requests.refreshes()[0]?.body).toMatchObject({ refresh_reason: 'unauthorized_recovery' });
    expect(bearers()).toHaveLength(2);
  });

  test('that stays one after the refresh is the answer; nothing is refreshed twice', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    provider.scenario.on('usage', refused(401, 'token_expired'));
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'unauthorized' }, recovery: 'refreshed' });
    expect([refreshes(), bearers().length]).toEqual([1, 2]);
  });

  test('is only reported where nothing may be refreshed', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    killAccessToken();
    const answer = await callAsAccount(readOnly(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'unauthorized' } });
    expect(provider.requests.all).toHaveLength(1);
  });

  test('of the account in use tries the newer token that auth.json has by now', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', { ...carol, issuedAt: Date.now() - 900_000 }));
    const account = home.account('a');
    const access = accessTo(home, { refresher: async () => ({ kind: 'usable', account, how: 'valid' }) });
    const newer = await provider.issueTokens(carol);
    home.writeAuthFile(newer);
    killAccessToken();
    expect(await callAsAccount(access, account, path)).toMatchObject({
      answer: { kind: 'ok' },
      recovery: 'reloaded',
    });
    expect(bearers()[1]).toBe(`Bearer ${newer.access_token}`);
    expect(refreshes()).toBe(0);
  });

  test('also for the newer token leads to the one refresh after all', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, issuedAt: Date.now() - 900_000 });
    const before = home.account('a');
    writeFileSync(home.home.poolFile, JSON.stringify({ version: 3, accounts: [], activeIndex: 0 }));
    await home.addAccount('a', carol);
    const due: Refresher = async (account) => ({ kind: 'usable', account, how: 'valid' });
    const { refresher = due, ...access } = accessTo(home);
    provider.scenario.on('usage', refused(401, 'token_expired'), { times: 2 });
    const both: Refresher = (account, why, rejected) => (why === 'due' ? due : refresher)(account, why, rejected);
    const answer = await callAsAccount({ ...access, refresher: both }, before, path);
    expect(answer).toMatchObject({ answer: { kind: 'ok' }, recovery: 'refreshed' });
    expect([refreshes(), bearers().length]).toEqual([1, 3]);
  });

  test('of the account in use refreshes once when auth.json is unchanged, and updates it', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', carol));
    killAccessToken();
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ answer: { kind: 'ok' }, recovery: 'refreshed' });
    expect(home.authFile().tokens.refresh_token).toBe(home.record('a').refreshToken);
  });

  test('after the person has signed out refreshes nothing', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', carol));
    const access = accessTo(home);
    rmSync(home.home.authFile);
    killAccessToken();
    expect(await callAsAccount(access, home.account('a'), path)).toMatchObject({ kind: 'signed-out' });
    expect(refreshes()).toBe(0);
  });

  test.each([
    ['another account', async (home: RefreshHome) => home.writeAuthFile(await provider.issueTokens(bob))],
    ['an API key', async (home: RefreshHome) => writeFileSync(home.home.authFile, '{"OPENAI_API_KEY":"sk-1"}')],
  ])('after the person has switched to %s refreshes nothing', async (_name, change) => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', carol));
    const access = accessTo(home);
    await change(home);
    killAccessToken();
    expect(await callAsAccount(access, home.account('a'), path)).toMatchObject({ kind: 'switched' });
    expect(refreshes()).toBe(0);
  });

  test('while auth.json is half written is only reported', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', carol));
    const access = accessTo(home);
    writeFileSync(home.home.authFile, '{"auth_mode":');
    killAccessToken();
    const answer = await callAsAccount(access, home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'unauthorized' } });
    expect(refreshes()).toBe(0);
  });
});

describe('a 403', () => {
  test('tries a newer copy, and never refreshes', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', { ...carol, issuedAt: Date.now() - 900_000 }));
    const account = home.account('a');
    const access = accessTo(home, { refresher: async () => ({ kind: 'usable', account, how: 'valid' }) });
    home.writeAuthFile(await provider.issueTokens(carol));
    provider.scenario.on('usage', refused(403, 'forbidden'), { times: 1 });
    expect(await callAsAccount(access, account, path)).toMatchObject({ answer: { kind: 'ok' }, recovery: 'reloaded' });
  });

  test('stays the answer when the person has switched meanwhile', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', carol));
    const access = accessTo(home);
    home.writeAuthFile(await provider.issueTokens(bob));
    provider.scenario.on('usage', refused(403, 'forbidden'));
    const answer = await callAsAccount(access, home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'forbidden' } });
  });

  test('without a newer copy is the answer', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    provider.scenario.on('usage', refused(403, 'forbidden'));
    const answer = await callAsAccount(accessTo(home), home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'forbidden' } });
    expect(provider.requests.all).toHaveLength(1);
  });
});

describe('anything else', () => {
  const faults: readonly [string, Fault, string][] = [
    ['a challenge page', challenge(), 'obstructed'],
    ['a region with status 401', refused(401, 'unsupported_country_region_territory'), 'obstructed'],
    [
      'a page with status 401',
      { kind: 'status', status: 401, body: '<html>Sign in to the proxy</html>' },
      'obstructed',
    ],
    ['429', rateLimited(30), 'rate-limited'],
    ['a 500', { kind: 'status', status: 500 }, 'server'],
    ['a cut connection', { kind: 'reset' }, 'offline'],
    ['no answer', { kind: 'hang' }, 'timeout'],
    ['an answer byte by byte', { kind: 'drip', intervalMs: 20 }, 'timeout'],
    ['an answer without end', { kind: 'huge', bytes: 400 * 1024 * 1024 }, 'malformed'],
    ['half of an answer', { kind: 'torn' }, 'offline'],
    ['no JSON', { kind: 'garbage' }, 'obstructed'],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, 'obstructed'],
  ];

  test.each(faults)('(%s) leads to no refresh, no flag, and ends soon', async (_name, fault, kind) => {
    const home = newHome();
    await home.addAccount('a', carol);
    provider.scenario.on('usage', fault);
    const access = accessTo(home, { callOptions: { userAgent: 'codex-auth/test', deadlineMs: 500 } });
    const startedAt = performance.now();
    const answer = await callAsAccount(access, home.account('a'), path);
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind } });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect([refreshes(), bearers().length]).toEqual([0, 1]);
    expect(home.flagged()).toEqual([]);
  });

  test('(nobody there) leads to no refresh either', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    const access = accessTo(home);
    const backendUrl = `http://127.0.0.1:${await freePort()}/backend-api`;
    const answer = await callAsAccount(
      { ...access, provider: { ...access.provider, backendUrl } },
      home.account('a'),
      path,
    );
    expect(answer).toMatchObject({ kind: 'answered', answer: { kind: 'offline' } });
    expect(refreshes()).toBe(0);
  });
});
