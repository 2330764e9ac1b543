import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import { type DeviceCode, pollDeviceCode, requestDeviceCode } from '../../../src/core/oauth/device-code.js';
import { resolveProvider } from '../../../src/core/provider/provider.js';
import { Secret } from '../../../src/core/secret.js';
import { listenHttp } from '../http/loopback-servers.js';

type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset';

const options = { userAgent: 'codex-auth/test' };
const deviceCode: DeviceCode = {
  userCode: 'ABCD-12345',
  verificationUrl: 'unused',
  deviceAuthId: new Secret('deviceauth_1'),
  intervalMs: 5_000,
};
const confirmed: Reply = { status: 200, body: { authorization_code: 'c', code_verifier: 'v', code_challenge: 'x' } };
const pending: Reply = { status: 403, body: { error: { code: 'authorization_pending' } } };

/** Gives the replies in order, the last one for ever. */
async function standIn(...replies: Reply[]) {
  const seen: { url: string | undefined; body: unknown }[] = [];
  const port = await listenHttp(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ url: request.url, body: JSON.parse(body) });
    reply(response, replies[Math.min(seen.length, replies.length) - 1] ?? 'reset');
  });
  const http = createHttpClient({ proxyFor: () => ({ kind: 'direct', source: 'none' }) });
  onTestFinished(() => http.close());
  return { seen, http, provider: resolveProvider({ issuer: `http://127.0.0.1:${port}` }) };
}

function reply(response: ServerResponse, given: Reply): void {
  if (given === 'reset') response.socket?.resetAndDestroy();
  else response.writeHead(given.status, given.headers).end(JSON.stringify(given.body ?? null));
}

/** A clock that runs ahead whenever somebody sleeps. */
function impatientClock(): Clock & { pauses: number[] } {
  let elapsed = 0;
  const pauses: number[] = [];
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    pauses.push(ms);
    elapsed += ms;
  };
  return { now: () => elapsed, monotonicMs: () => elapsed, sleep, pauses };
}

describe('the request for a device code', () => {
  test('returns what to type, where, and how often to ask', async () => {
    const body = { device_auth_id: 'deviceauth_1', user_code: 'ABCD-12345', interval: '7' };
    const { seen, http, provider } = await standIn({ status: 200, body });
    const outcome = await requestDeviceCode(http, provider, options);
    expect(outcome).toMatchObject({
      kind: 'device-code',
      deviceCode: { userCode: 'ABCD-12345', verificationUrl: `${provider.issuer}/codex/device`, intervalMs: 7_000 },
    });
    expect(outcome.kind === 'device-code' && outcome.deviceCode.deviceAuthId.reveal()).toBe('deviceauth_1');
    expect(seen).toEqual([
      { url: '/api/accounts/deviceauth/usercode', body: { client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' } },
    ]);
  });

  test.each([
    [5, 5_000],
    ['0', 5_000],
    [-1, 5_000],
    ['x', 5_000],
    [undefined, 5_000],
    [3600, 5_000],
    [0.2, 200],
  ])('reads the interval %j as %i ms', async (interval, expected) => {
    const { http, provider } = await standIn({ status: 200, body: { device_auth_id: 'd', user_code: 'u', interval } });
    expect(await requestDeviceCode(http, provider, options)).toMatchObject({ deviceCode: { intervalMs: expected } });
  });

  test('tells "switched off" apart from every other failure', async () => {
    const off = await standIn({ status: 404 });
    expect(await requestDeviceCode(off.http, off.provider, options)).toMatchObject({ kind: 'not-enabled' });
    const broken = await standIn({ status: 500 });
    expect(await requestDeviceCode(broken.http, broken.provider, options)).toMatchObject({
      kind: 'failed',
      status: 500,
    });
    const reset = await standIn('reset');
    expect(await requestDeviceCode(reset.http, reset.provider, options)).toMatchObject({ kind: 'failed' });
  });

  test.each([
    {},
    { device_auth_id: 'd' },
    { device_auth_id: 'd', user_code: '' },
    { device_auth_id: 'd', user_code: '\u001b[31mA' },
    { device_auth_id: '', user_code: 'u' },
  ])('fails on an unusable answer: %j', async (body) => {
    const { http, provider } = await standIn({ status: 200, body });
    expect(await requestDeviceCode(http, provider, options)).toMatchObject({ kind: 'failed', status: 200 });
  });
});

describe('the poll', () => {
  test('asks at once, then every interval, until the person confirms', async () => {
    const { seen, http, provider } = await standIn(pending, { status: 404 }, confirmed);
    const clock = impatientClock();
    const outcome = await pollDeviceCode(http, provider, deviceCode, clock, options);
    if (outcome.kind !== 'code') throw new Error(outcome.kind);
    expect([outcome.code.reveal(), outcome.codeVerifier.reveal()]).toEqual(['c', 'v']);
    expect(outcome.redirectUri).toBe(`${provider.issuer}/deviceauth/callback`);
    expect(clock.pauses).toEqual([5_000, 5_000]);
    expect(seen[0]).toEqual({
      url: '/api/accounts/deviceauth/token',
      body: { device_auth_id: 'deviceauth_1', user_code: 'ABCD-12345' },
    });
  });

  test('waits out a failing network, a 5xx and a 429, and slows down after the latter', async () => {
    const { http, provider } = await standIn('reset', { status: 502 }, { status: 429 }, pending, confirmed);
    const clock = impatientClock();
    expect((await pollDeviceCode(http, provider, deviceCode, clock, options)).kind).toBe('code');
    expect(clock.pauses).toEqual([5_000, 5_000, 10_000, 10_000]);
  });

  test('honours a longer retry-after', async () => {
    const { http, provider } = await standIn({ status: 429, headers: { 'retry-after': '42' } }, confirmed);
    const clock = impatientClock();
    await pollDeviceCode(http, provider, deviceCode, clock, options);
    expect(clock.pauses).toEqual([42_000]);
  });

  test('expires after 15 minutes', async () => {
    const { seen, http, provider } = await standIn(pending);
    const clock = impatientClock();
    const slow = { ...deviceCode, intervalMs: 60_000 };
    expect(await pollDeviceCode(http, provider, slow, clock, options)).toEqual({ kind: 'expired' });
    expect(clock.monotonicMs()).toBe(14 * 60_000);
    expect(seen).toHaveLength(15);
  });

  test('expires with the trouble that may be the reason', async () => {
    const { http, provider } = await standIn({ status: 500 });
    const limited = { ...options, limitMs: 12_000 };
    const outcome = await pollDeviceCode(http, provider, deviceCode, impatientClock(), limited);
    expect(outcome).toEqual({ kind: 'expired', lastTrouble: 'the provider answered 500' });
  });

  test('fails at once on another refusal, a challenge page and an unusable confirmation', async () => {
    const replies: Reply[] = [
      { status: 400, body: { error: { code: 'invalid_device_code', message: 'unknown rt_0123456789abcdef' } } },
      { status: 403, headers: { 'cf-mitigated': 'challenge' } },
      { status: 200, body: { authorization_code: 'c' } },
    ];
    const messages: string[] = [];
    for (const reply of replies) {
      const { http, provider } = await standIn(reply);
      const outcome = await pollDeviceCode(http, provider, deviceCode, impatientClock(), options);
      messages.push(outcome.kind === 'failed' ? outcome.message : outcome.kind);
    }
    expect(messages).toEqual([
      'the provider answered 400 (invalid_device_code): unknown [removed]',
      'a challenge page stands in front of the provider (403)',
      'the provider confirmed, but sent no usable code',
    ]);
  });

  test('tells a refusal on the other device and an expired code from a failure', async () => {
    const ends = [];
    for (const code of ['access_denied', 'expired_token']) {
      const { http, provider } = await standIn({ status: 400, body: { error: { code } } });
      ends.push(await pollDeviceCode(http, provider, deviceCode, impatientClock(), options));
    }
    expect(ends).toEqual([
      { kind: 'declined', providerCode: 'access_denied' },
      { kind: 'expired', providerCode: 'expired_token' },
    ]);
  });

  test.each([
    ['while it asks', () => AbortSignal.abort()],
    ['while it pauses', () => AbortSignal.timeout(50)],
  ])('is interrupted %s', async (_when, signal) => {
    const { http, provider } = await standIn(pending);
    const clock: Clock = {
      ...impatientClock(),
      sleep: (_ms, given) => new Promise((_, reject) => given?.addEventListener('abort', () => reject(given.reason))),
    };
    const poll = pollDeviceCode(http, provider, deviceCode, clock, { ...options, signal: signal() });
    await expect(poll).rejects.toMatchObject({ code: 'interrupted' });
  });
});
