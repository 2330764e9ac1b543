import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { CLIENT_ID } from '../support/provider/client.js';
import { challenge, rateLimited, refused, usageLimitReached } from '../support/provider/faults.js';
import type { AccountRef } from '../support/provider/people.js';
import { endpointPaths, type Fault } from '../support/provider/scenario.js';
import { approveDevice, Browser, completeLogin } from '../support/provider/sign-in.js';
import { useProvider } from '../support/use-provider.js';

const alice = { email: 'alice@example.com', accountId: '11111111-1111-4111-8111-111111111111' };
const aliceAtStudio = { email: 'alice@example.com', accountId: '33333333-3333-4333-8333-333333333333' };
const bob = { email: 'bob@example.com', accountId: aliceAtStudio.accountId };
const REDIRECT = 'http://127.0.0.1:45455/auth/callback';

const provider = useProvider();

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(path: string, body: Record<string, string> | URLSearchParams): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(provider.issuer + path, {
    method: 'POST',
    ...(isForm ? { body } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

function refresh(refreshToken: unknown): Promise<Answer> {
  return post('/oauth/token', {
    client_id: CLIENT_ID,
    grant_type: 'refresh_token',
    refresh_reason: 'proactive_expiry',
    refresh_token: String(refreshToken),
  });
}

function backendGet(path: string, accessToken: unknown, accountId: string): Promise<Response> {
  return fetch(provider.backendUrl + path, {
    redirect: 'manual',
    headers: { authorization: `Bearer ${String(accessToken)}`, 'chatgpt-account-id': accountId },
  });
}

function newLogin(changes: Record<string, string> = {}) {
  const verifier = randomBytes(64).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'the-state',
    scope: 'openid profile email offline_access api.connectors.read api.connectors.invoke',
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    originator: 'codex_cli_rs',
    ...changes,
  });
  return { verifier, redirect: query.get('redirect_uri') ?? '', url: `${provider.issuer}/oauth/authorize?${query}` };
}

function redeem(code: string, verifier: string, redirect = REDIRECT): Promise<Answer> {
  const form = { grant_type: 'authorization_code', client_id: CLIENT_ID, code };
  return post('/oauth/token', new URLSearchParams({ ...form, redirect_uri: redirect, code_verifier: verifier }));
}

async function signIn(who: AccountRef, browser = new Browser()): Promise<Answer> {
  const login = newLogin();
  const { callbackUrl } = await completeLogin(provider, login.url, { ...who, browser, deliver: false });
  return redeem(new URL(callbackUrl).searchParams.get('code') ?? '', login.verifier);
}

function identityOf(token: unknown) {
  const { userId, accountId, email } = readClaims(String(token)) ?? {};
  return { userId, accountId, email };
}

function errorCode({ body }: Answer): unknown {
  const { error } = body;
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : error;
}

describe('browser login', () => {
  it('yields tokens whose claims name the person and the workspace chosen', async () => {
    const { status, body } = await signIn(aliceAtStudio);

    expect(status).toBe(200);
    const expected = { userId: 'user-alice', accountId: aliceAtStudio.accountId, email: alice.email };
    expect(identityOf(body['id_token'])).toEqual(expected);
    expect(identityOf(body['access_token'])).toEqual(expected);
    expect(readClaims(String(body['id_token']))?.planType).toBe('team');
    expect(body['refresh_token']).toEqual(expect.any(String));
  });

  it('asks again in a browser that is signed in as somebody else', async () => {
    const browser = new Browser();
    const first = await signIn(alice, browser);
    const second = await signIn(bob, browser);

    expect(identityOf(first.body['access_token']).userId).toBe('user-alice');
    expect(identityOf(second.body['access_token']).userId).toBe('user-bob');
  });

  it.each(['http://localhost:1455/auth/callback', 'http://127.0.0.1:1457/auth/callback'])(
    'redirects to %s',
    async (uri) => {
      const login = newLogin({ redirect_uri: uri });
      const { callbackUrl } = await completeLogin(provider, login.url, { ...alice, deliver: false });
      const { searchParams } = new URL(callbackUrl);

      expect(callbackUrl.startsWith(`${uri}?`)).toBe(true);
      expect(searchParams.get('state')).toBe('the-state');
      expect((await redeem(searchParams.get('code') ?? '', login.verifier, uri)).status).toBe(200);
    },
  );

  it('calls the callback server, and hands over what it answered', async () => {
    const seen: string[] = [];
    const callback = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('signed in');
    });
    const port = await listen(callback);
    const login = newLogin({ redirect_uri: `http://127.0.0.1:${port}/auth/callback` });
    const { answer } = await completeLogin(provider, login.url, alice);
    callback.close();
    callback.closeAllConnections();

    expect(answer).toEqual({ status: 200, location: undefined, body: 'signed in' });
    expect(seen).toEqual([expect.stringMatching(/^\/auth\/callback\?code=.+&state=the-state/)]);
  });

  it('brings a refusal back as access_denied', async () => {
    const { callbackUrl } = await completeLogin(provider, newLogin().url, { ...alice, deny: true, deliver: false });

    expect(new URL(callbackUrl).searchParams.get('error')).toBe('access_denied');
    expect(new URL(callbackUrl).searchParams.get('state')).toBe('the-state');
  });

  it('refuses a wrong verifier', async () => {
    const { callbackUrl } = await completeLogin(provider, newLogin().url, { ...alice, deliver: false });
    const code = new URL(callbackUrl).searchParams.get('code') ?? '';
    const answer = await redeem(code, randomBytes(64).toString('base64url'));

    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('refuses a login without PKCE', async () => {
    const url = new URL(newLogin().url);
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const response = await fetch(url, { redirect: 'manual' });

    expect(response.headers.get('location')).toMatch(
      /^http:\/\/127\.0\.0\.1:45455\/auth\/callback\?error=invalid_request/,
    );
  });

  it('refuses a redirect to anything but loopback', async () => {
    const response = await fetch(newLogin({ redirect_uri: 'http://example.test/auth/callback' }).url, {
      redirect: 'manual',
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('invalid_redirect_uri');
  });

  it('exchanges the id token for an API key', async () => {
    const { id_token } = await provider.issueTokens(alice);
    const exchange = (subject: string) =>
      post(
        '/oauth/token',
        new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          client_id: CLIENT_ID,
          requested_token: 'openai-api-key',
          subject_token: subject,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        }),
      );

    expect(await exchange(id_token)).toEqual({ status: 200, body: { access_token: 'sk-standin-user-alice' } });
    expect((await exchange('e30.e30.e30')).status).toBe(400);
  });
});

describe('refresh', () => {
  it('rotates: the new pair works, and belongs to the same account', async () => {
    const first = await provider.issueTokens(aliceAtStudio);
    const second = await refresh(first.refresh_token);
    const third = await refresh(second.body['refresh_token']);

    expect(second.status).toBe(200);
    expect(third.status).toBe(200);
    expect(new Set([first.refresh_token, second.body['refresh_token'], third.body['refresh_token']]).size).toBe(3);
    expect(identityOf(third.body['access_token'])).toEqual(identityOf(first.access_token));
    expect(identityOf(third.body['id_token'])).toEqual(identityOf(first.id_token));
    expect(provider.requests.refreshes().map(({ status }) => status)).toEqual([200, 200]);
  });

  it('accepts a form as well as JSON', async () => {
    const { refresh_token } = await provider.issueTokens(alice);
    const form = new URLSearchParams({ client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token });

    expect((await post('/oauth/token', form)).status).toBe(200);
  });

  it('takes the reuse of a spent token as theft: the whole grant dies', async () => {
    const first = await provider.issueTokens(alice);
    const second = await refresh(first.refresh_token);
    const reuse = await refresh(first.refresh_token);
    const successor = await refresh(second.body['refresh_token']);

    expect([reuse.status, errorCode(reuse)]).toEqual([401, 'refresh_token_reused']);
    expect([successor.status, errorCode(successor)]).toEqual([401, 'refresh_token_invalidated']);
  });

  it('leaves neither of two concurrent refreshes of one token with a living login', async () => {
    const { refresh_token } = await provider.issueTokens(alice);
    const answers = await Promise.all([refresh(refresh_token), refresh(refresh_token)]);
    const [winner, loser] = answers.sort((one, other) => one.status - other.status);

    expect([winner?.status, loser?.status]).toEqual([200, 401]);
    expect(loser && errorCode(loser)).toBe('refresh_token_reused');
    expect((await refresh(winner?.body['refresh_token'])).status).toBe(401);
  });

  it('answers with tokens that are about to expire, when the scenario says so', async () => {
    provider.scenario.accessTokenSeconds = 10;
    const { body } = await refresh((await provider.issueTokens(alice)).refresh_token);
    const { expiresAt = 0, issuedAt = 0 } = readClaims(String(body['access_token'])) ?? {};

    expect(body['expires_in']).toBe(10);
    expect(expiresAt - issuedAt).toBe(10_000);
  });

  it('leaves out what the scenario says, and does not rotate when that is the refresh token', async () => {
    provider.scenario.refreshOmits = ['id_token', 'refresh_token'];
    const { refresh_token } = await provider.issueTokens(alice);
    const { body } = await refresh(refresh_token);

    expect(Object.keys(body)).toContain('access_token');
    expect(Object.keys(body)).not.toContain('id_token');
    expect(Object.keys(body)).not.toContain('refresh_token');
    expect((await refresh(refresh_token)).status).toBe(200);
  });

  it('ends with a revocation, whose client may be left out', async () => {
    const { refresh_token } = await provider.issueTokens(alice);
    const revocation = await post('/oauth/revoke', { token: refresh_token, token_type_hint: 'refresh_token' });
    const answer = await refresh(refresh_token);

    expect(revocation.status).toBe(200);
    expect([answer.status, errorCode(answer)]).toEqual([401, 'refresh_token_invalidated']);
  });

  it('does not know a token that it never issued', async () => {
    expect(await refresh('never-issued')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('works again for a revoked account that is revived', async () => {
    const { refresh_token, access_token } = await provider.issueTokens(alice);
    provider.revokeAccount(alice, { accessTokens: 'refused' });
    const whileRevoked = await refresh(refresh_token);
    const usageWhileRevoked = await backendGet('/wham/usage', access_token, alice.accountId);
    const other = await refresh((await provider.issueTokens(aliceAtStudio)).refresh_token);
    provider.reviveAccount(alice);

    expect([whileRevoked.status, errorCode(whileRevoked)]).toEqual([401, 'refresh_token_invalidated']);
    expect(usageWhileRevoked.status).toBe(401);
    expect(other.status).toBe(200);
    expect((await refresh(refresh_token)).status).toBe(200);
    expect((await backendGet('/wham/usage', access_token, alice.accountId)).status).toBe(200);
  });

  it('is refused for a deleted account', async () => {
    const { refresh_token } = await provider.issueTokens(alice);
    provider.deleteAccount(alice);
    const answer = await refresh(refresh_token);

    expect([answer.status, errorCode(answer)]).toEqual([401, 'account_deleted']);
  });
});

describe('device code', () => {
  const start = () => post(endpointPaths.usercode, { client_id: CLIENT_ID });
  const poll = ({ body }: Answer) =>
    post(endpointPaths.devicetoken, {
      device_auth_id: String(body['device_auth_id']),
      user_code: String(body['user_code']),
    });

  it('is pending until the person decides on the page, then yields a code for a normal login', async () => {
    const started = await start();
    const before = await poll(started);
    await approveDevice(provider, String(started.body['user_code']), bob);
    const after = await poll(started);
    const tokens = await redeem(
      String(after.body['authorization_code']),
      String(after.body['code_verifier']),
      `${provider.issuer}/deviceauth/callback`,
    );

    expect(started.body['interval']).toBe('5');
    expect([before.status, after.status, tokens.status]).toEqual([403, 200, 200]);
    expect(identityOf(tokens.body['id_token'])).toMatchObject({ userId: 'user-bob', accountId: bob.accountId });
    expect((await refresh(tokens.body['refresh_token'])).status).toBe(200);
  });

  it.each(['deny', 'expire'] as const)('ends with a refusal after %s', async (decision) => {
    const started = await start();
    provider.device[decision](String(started.body['user_code']));

    expect((await poll(started)).status).toBe(400);
  });

  it('can be approved by a test, once', async () => {
    const started = await start();
    expect(provider.device.pending()).toEqual([started.body['user_code']]);
    provider.device.approve(String(started.body['user_code']), alice);

    expect(provider.device.pending()).toEqual([]);
    expect((await poll(started)).status).toBe(200);
    expect((await poll(started)).status).toBe(400);
  });

  it('is not found where it is switched off', async () => {
    provider.scenario.deviceCodeEnabled = false;

    expect((await start()).status).toBe(404);
  });
});

describe('backend', () => {
  it('answers usage per account, as the scenario sets it', async () => {
    provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 100, overrides: { plan_type: 'pro' } });
    const own = await provider.issueTokens(alice);
    const studio = await provider.issueTokens(aliceAtStudio);
    const exhausted = await (await backendGet('/wham/usage', own.access_token, alice.accountId)).json();
    const normal = await (await backendGet('/wham/usage', studio.access_token, aliceAtStudio.accountId)).json();

    expect(exhausted).toMatchObject({
      account_id: alice.accountId,
      plan_type: 'pro',
      rate_limit: { allowed: false, primary_window: { used_percent: 100, limit_window_seconds: 18_000 } },
    });
    expect(normal).toMatchObject({
      plan_type: 'team',
      rate_limit: { allowed: true, primary_window: { used_percent: 30 } },
    });
  });

  it('lists the workspaces of the person, each once', async () => {
    const { access_token } = await provider.issueTokens(alice);
    const answer = await (await backendGet('/wham/accounts/check', access_token, alice.accountId)).json();

    expect(answer).toMatchObject({
      accounts: [
        { id: alice.accountId, structure: 'personal', account_routing_override: 'NO_CONSTRAINT' },
        { id: aliceAtStudio.accountId, name: 'Studio', structure: 'workspace' },
      ],
      account_ordering: [alice.accountId, aliceAtStudio.accountId],
    });
  });

  it('switches a login to another workspace of the same person, and only of the same person', async () => {
    const { access_token } = await provider.issueTokens(alice);
    const switchTo = (workspaceId: string) =>
      fetch(`${provider.backendUrl}/accounts/switch-workspace-token`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${access_token}`,
          'chatgpt-account-id': alice.accountId,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ workspace_id: workspaceId }),
      });
    const switched: unknown = await (await switchTo(aliceAtStudio.accountId)).json();

    expect(identityOf(Reflect.get(Object(switched), 'access_token')).accountId).toBe(aliceAtStudio.accountId);
    expect((await switchTo('44444444-4444-4444-8444-444444444444')).status).toBe(404);
  });

  it.each([
    ['a token of another workspace', async () => (await provider.issueTokens(aliceAtStudio)).access_token],
    ['a token of another person', async () => (await provider.issueTokens(bob)).access_token],
    ['an expired token', async () => (await provider.issueTokens({ ...alice, expiresInSeconds: -1 })).access_token],
    ['a forged token', async () => `${(await provider.issueTokens(alice)).access_token.slice(0, -8)}AAAAAAAA`],
    ['no token', async () => ''],
  ])('refuses %s with 401', async (_what, token) => {
    expect((await backendGet('/wham/usage', await token(), alice.accountId)).status).toBe(401);
  });

  it('judges expiry, and dates its answers, by its own clock', async () => {
    const { access_token } = await provider.issueTokens({ ...alice, expiresInSeconds: 60 });
    provider.scenario.clockOffsetSeconds = 3_600;
    const response = await backendGet('/wham/usage', access_token, alice.accountId);

    expect(response.status).toBe(401);
    expect(Date.parse(response.headers.get('date') ?? '') - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe('scenario', () => {
  async function usage(): Promise<Response> {
    return backendGet('/wham/usage', (await provider.issueTokens(alice)).access_token, alice.accountId);
  }

  it.each<[string, Fault, number]>([
    ['a rate limit', rateLimited(7), 429],
    ['an exhausted quota', usageLimitReached(60), 429],
    ['a refusal', refused(401, 'token_expired'), 401],
    ['a challenge page', challenge(), 403],
    ['a server error', { kind: 'status', status: 503, body: 'upstream connect error' }, 503],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/elsewhere' }, 307],
    ['garbage', { kind: 'garbage' }, 200],
    ['an error after processing', { kind: 'processedThen500' }, 500],
  ])('answers with %s', async (_what, fault, status) => {
    provider.scenario.on('usage', fault);
    const response = await usage();

    expect(response.status).toBe(status);
    if (fault.kind === 'status' && typeof fault.body === 'object') expect(await response.json()).toEqual(fault.body);
    if (fault.kind === 'garbage') expect(await response.text()).toContain('<html>');
    if (fault.kind === 'redirect') expect(response.headers.get('location')).toBe(fault.to);
    for (const [name, value] of Object.entries(fault.kind === 'status' ? (fault.headers ?? {}) : {})) {
      expect(response.headers.get(name)).toBe(value);
    }
  });

  it.each<Fault>([{ kind: 'reset' }, { kind: 'resetAfterProcessing' }])('cuts the connection: $kind', async (fault) => {
    provider.scenario.on('usage', fault);

    await expect(usage()).rejects.toThrow('fetch failed');
    expect(provider.requests.to(endpointPaths.usage).map(({ status }) => status)).toEqual([undefined]);
  });

  it('sends half an answer', async () => {
    provider.scenario.on('usage', { kind: 'torn' });
    const response = await usage();

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('sends a huge answer', async () => {
    provider.scenario.on('usage', { kind: 'huge', bytes: 3_000_000 });

    expect((await (await usage()).arrayBuffer()).byteLength).toBe(3_000_000);
  });

  it('delays, drips and hangs', async () => {
    const { access_token } = await provider.issueTokens(alice);
    const withDeadline = () =>
      fetch(`${provider.backendUrl}/wham/usage`, {
        headers: { authorization: `Bearer ${access_token}`, 'chatgpt-account-id': alice.accountId },
        signal: AbortSignal.timeout(150),
      }).then((response) => response.text());
    provider.scenario.on('usage', { kind: 'slow', ms: 5_000 }, { times: 1 });
    provider.scenario.on('usage', { kind: 'drip', intervalMs: 50 }, { times: 1 });
    provider.scenario.on('usage', { kind: 'hang' }, { times: 1 });

    for (let request = 0; request < 3; request += 1) await expect(withDeadline()).rejects.toThrow('timeout');
    expect(await withDeadline()).toContain(alice.accountId);
  });

  it('drips the whole answer in the end', async () => {
    provider.scenario.on('usage', { kind: 'drip', intervalMs: 0 });

    expect(await (await usage()).json()).toMatchObject({ account_id: alice.accountId });
  });

  it('limits a fault to so many requests, or to one workspace', async () => {
    provider.scenario.on('usage', refused(503, 'down'), { times: 2 });
    const statuses = [await usage(), await usage(), await usage()].map(({ status }) => status);
    expect(statuses).toEqual([503, 503, 200]);

    provider.scenario.on('token', refused(503, 'down'), { accountId: bob.accountId });
    expect((await refresh((await provider.issueTokens(bob)).refresh_token)).status).toBe(503);
    expect((await refresh((await provider.issueTokens(alice)).refresh_token)).status).toBe(200);
    provider.scenario.off('token');
    expect((await refresh((await provider.issueTokens(bob)).refresh_token)).status).toBe(200);
  });

  it.each<[Fault['kind'], Fault, boolean]>([
    ['reset', { kind: 'reset' }, false],
    ['resetAfterProcessing', { kind: 'resetAfterProcessing' }, true],
    ['torn', { kind: 'torn' }, true],
    ['status', refused(500, 'down'), false],
    ['processedThen500', { kind: 'processedThen500' }, true],
  ])('%s on the token endpoint: spends the refresh token or not', async (_kind, fault, isSpent) => {
    const { refresh_token } = await provider.issueTokens(alice);
    provider.scenario.on('token', fault, { times: 1 });
    await refresh(refresh_token).catch(() => undefined);
    const second = await refresh(refresh_token);

    expect(isSpent ? errorCode(second) : second.status).toBe(isSpent ? 'refresh_token_reused' : 200);
  });

  it('counts how many requests were open at once', async () => {
    const { access_token } = await provider.issueTokens(alice);
    const get = () => backendGet('/wham/usage', access_token, alice.accountId);
    for (let request = 0; request < 5; request += 1) await get();
    expect(provider.requests.maxConcurrent(endpointPaths.usage)).toBe(1);

    provider.scenario.latencyMs = 200;
    await Promise.all([get(), get(), get()]);
    expect(provider.requests.maxConcurrent(endpointPaths.usage)).toBe(3);
  });

  it('forgets everything at a reset', async () => {
    const { refresh_token } = await provider.issueTokens(alice);
    provider.people.addAccount({ email: 'dora@example.com' });
    provider.scenario.on('token', refused(503, 'down'));
    provider.scenario.accessTokenSeconds = 1;
    provider.reset();

    expect(provider.scenario.accessTokenSeconds).toBe(864_000);
    expect(() => provider.people.find({ email: 'dora@example.com' })).toThrow('dora@example.com');
    expect((await refresh(refresh_token)).status).toBe(400);
    expect(provider.requests.all).toHaveLength(1);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
