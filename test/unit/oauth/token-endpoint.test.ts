import { describe, expect, onTestFinished, test } from 'vitest';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import { exchangeCode, refreshRequest, revokeToken } from '../../../src/core/oauth/token-endpoint.js';
import { resolveProvider } from '../../../src/core/provider/provider.js';
import { Secret } from '../../../src/core/secret.js';
import { freePort, listenHttp } from '../http/loopback-servers.js';

const options = { userAgent: 'codex-auth/test' };

interface Seen {
  method: string | undefined;
  url: string | undefined;
  type: string | undefined;
  agent: string | undefined;
  body: string;
}

async function standIn(status = 200, answer = '{}') {
  const seen: Seen[] = [];
  const port = await listenHttp(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, url, headers } = request;
    seen.push({ method, url, type: headers['content-type'], agent: headers['user-agent'], body });
    response.writeHead(status).end(answer);
  });
  const http = createHttpClient({ proxyFor: () => ({ kind: 'direct', source: 'none' }) });
  onTestFinished(() => http.close());
  return { seen, http, provider: resolveProvider({ issuer: `http://127.0.0.1:${port}` }) };
}

test('a code is exchanged by form, with its verifier', async () => {
  const { seen, http, provider } = await standIn(200, '{"access_token":"a"}');
  const grant = {
    code: new Secret('c+/='),
    redirectUri: 'http://127.0.0.1:1455/auth/callback',
    codeVerifier: new Secret('v'),
  };
  const outcome = await exchangeCode(http, provider, grant, options);
  expect(outcome).toMatchObject({ kind: 'answer', status: 200, body: '{"access_token":"a"}' });
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/oauth/token',
      type: 'application/x-www-form-urlencoded',
      agent: 'codex-auth/test',
      body:
        'grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code=c%2B%2F%3D' +
        '&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_verifier=v',
    },
  ]);
});

test('a refresh is the JSON body of the official client', async () => {
  const { seen, http, provider } = await standIn();
  await refreshRequest(http, provider, { refreshToken: new Secret('rt_1'), reason: 'proactive_expiry' }, options);
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/oauth/token',
      type: 'application/json',
      agent: 'codex-auth/test',
      body:
        '{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token",' +
        '"refresh_reason":"proactive_expiry","refresh_token":"rt_1"}',
    },
  ]);
});

test('a refresh is sent once, whatever the answer', async () => {
  const { seen, http, provider } = await standIn(503);
  const grant = { refreshToken: new Secret('rt_1'), reason: 'forced' } as const;
  expect(await refreshRequest(http, provider, grant, options)).toMatchObject({ kind: 'answer', status: 503 });
  expect(seen).toHaveLength(1);
});

describe('a revocation', () => {
  test('names the token, its kind and the client', async () => {
    const { seen, http, provider } = await standIn();
    expect(await revokeToken(http, provider, new Secret('rt_1'), options)).toEqual({ kind: 'revoked' });
    expect(seen[0]).toMatchObject({
      url: '/oauth/revoke',
      body: '{"token":"rt_1","token_type_hint":"refresh_token","client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}',
    });
  });

  test('that is refused says so', async () => {
    const { http, provider } = await standIn(400, '{"error":"invalid_request","error_description":"rt_0123456789"}');
    const outcome = await revokeToken(http, provider, new Secret('rt_1'), options);
    expect(outcome).toEqual({
      kind: 'failed',
      code: 'provider-error',
      message: 'the provider refused the revocation (invalid_request, 400): [removed]',
      providerCode: 'invalid_request',
      providerMessage: '[removed]',
    });
  });

  test('that cannot be sent says why', async () => {
    const { http } = await standIn();
    const provider = resolveProvider({ issuer: `http://127.0.0.1:${await freePort()}` });
    const outcome = await revokeToken(http, provider, new Secret('rt_1'), options);
    expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('refused the connection') });
  });
});
