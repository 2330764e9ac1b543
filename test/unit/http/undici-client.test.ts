import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import type { HttpOutcome, HttpRequest } from '../../../src/core/http/client.js';
import { trustWith } from '../../../src/core/http/extra-certificates.js';
import { chooseProxy } from '../../../src/core/http/proxy.js';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import { hasOpenssl, makeCertificates } from '../../support/certificates.js';
import { startHttpProxy, startSocksProxy } from '../../support/proxy.js';
import { freePort, listen, listenHttp, listenTcp } from './loopback-servers.js';

const CANARY = 'canary-body-4711';

function client(proxy?: string, caFile?: string) {
  const http = createHttpClient({
    proxyFor: (url) => chooseProxy(url, { environment: proxy === undefined ? {} : { ALL_PROXY: proxy } }),
    trust: caFile === undefined ? undefined : trustWith(caFile),
  });
  onTestFinished(() => http.close());
  return http;
}

function post(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'POST', url, body: CANARY, deadlineMs: 5_000, freshConnection: true, ...more };
}

function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, deadlineMs: 5_000, ...more };
}

function expectUnsent(outcome: HttpOutcome, reason: string): void {
  expect(outcome).toMatchObject({ kind: 'unsent', reason });
  expect(JSON.stringify(outcome)).not.toContain(CANARY);
}

describe('an answered request', () => {
  test('carries the body with its length, and returns status, lower-case headers and text', async () => {
    let seen: unknown;
    const port = await listenHttp((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        seen = { url: request.url, body, headers: request.headers };
        response.writeHead(201, { 'X-Kind': 'Test', 'set-cookie': ['a=1', 'b=2'] }).end('grüße');
      });
    });
    const outcome = await client().send(post(`http://127.0.0.1:${port}/a?b=c`, { headers: { 'user-agent': 'me' } }));
    expect(outcome).toMatchObject({ kind: 'answer', status: 201, body: 'grüße' });
    expect(outcome).toMatchObject({ headers: { 'x-kind': 'Test', 'set-cookie': 'a=1, b=2' } });
    expect(seen).toMatchObject({
      url: '/a?b=c',
      body: CANARY,
      headers: { 'content-length': '16', 'user-agent': 'me', 'accept-encoding': 'identity', connection: 'close' },
    });
    expect(seen).not.toHaveProperty(['headers', 'transfer-encoding']);
  });

  test.each([301, 302, 307, 308])('with status %i is returned, not followed', async (status) => {
    let requests = 0;
    const port = await listenHttp((request, response) => {
      requests += 1;
      request.resume();
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'answer', status, headers: { location: '/elsewhere' } });
    expect(requests).toBe(1);
  });

  test('reuses a pooled connection for GET and takes a new one for each freshConnection', async () => {
    const peers: (number | undefined)[] = [];
    const port = await listenHttp((request, response) => {
      peers.push(request.socket.remotePort);
      request.resume();
      response.end('ok');
    });
    const http = client();
    for (const request of [get, get, post, post]) {
      await http.send(request(`http://127.0.0.1:${port}/`));
      await delay(20);
    }
    expect(peers[1]).toBe(peers[0]);
    expect(new Set(peers).size).toBe(3);
  });

  test('is unpacked when a server compresses although identity was asked for', async () => {
    const port = await listenHttp((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    expect(await client().send(get(`http://127.0.0.1:${port}/`))).toMatchObject({ kind: 'answer', body: '{"a":1}' });
  });
});

describe('an answer that is a stream', () => {
  /** Sends the parts one by one and never ends by itself. */
  async function endless(parts: readonly string[], headers: Record<string, string> = {}) {
    const state = { closed: false };
    const port = await listenHttp((request, response) => {
      request.resume();
      response.on('close', () => {
        state.closed = true;
      });
      response.writeHead(200, headers);
      for (const part of parts) response.write(part);
    });
    return { url: `http://127.0.0.1:${port}/`, state };
  }

  test('is read until it is enough, and its connection ends', async () => {
    const { url, state } = await endless(['one ', 'two ', 'three']);
    const outcome = await client().send(post(url, { isEnough: (text) => text.includes('two') }));
    expect(outcome).toMatchObject({ kind: 'answer', status: 200 });
    expect(outcome.kind === 'answer' && outcome.body).toMatch(/^one two/);
    await expect.poll(() => state.closed, { timeout: 10_000 }).toBe(true);
  });

  test('is read to its end where it is never enough', async () => {
    const port = await listenHttp((_request, response) => response.end('all of it'));
    const outcome = await client().send(get(`http://127.0.0.1:${port}/`, { isEnough: () => false }));
    expect(outcome).toMatchObject({ kind: 'answer', body: 'all of it' });
  });

  test('is bound by the deadline and the cap until then', async () => {
    const { url } = await endless(['one ']);
    const late = await client().send(post(url, { isEnough: () => false, deadlineMs: 200 }));
    expect(late).toMatchObject({ kind: 'no-answer', reason: 'timeout' });
    const large = await endless(['x'.repeat(5_000)]);
    const huge = await client().send(post(large.url, { isEnough: () => false, maxBytes: 1_000 }));
    expect(huge).toMatchObject({ kind: 'no-answer', reason: 'too-large' });
  });
});

describe('an answer above its cap', () => {
  test('ends the request as too-large and the connection with it', async () => {
    const closed = new Promise<void>((resolve) => {
      void listenHttp((_request, response) => {
        response.on('close', resolve);
        const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
        response.on('close', () => clearInterval(timer));
      }).then(async (port) => {
        const outcome = await client().send(get(`http://127.0.0.1:${port}/`, { maxBytes: 5_000 }));
        expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'too-large' });
      });
    });
    await closed;
  });

  test('is too-large also when only its unpacked form is', async () => {
    const port = await listenHttp((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('0'.repeat(3_000_000)));
    });
    const outcome = await client().send(get(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'too-large' });
  });

  test('is an answer when it is exactly as large as the cap', async () => {
    const port = await listenHttp((_request, response) => response.end('x'.repeat(5_000)));
    const outcome = await client().send(get(`http://127.0.0.1:${port}/`, { maxBytes: 5_000 }));
    expect(outcome).toMatchObject({ kind: 'answer', body: 'x'.repeat(5_000) });
  });
});

describe('a request that cannot have left is unsent', () => {
  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: nobody listens', async (_method, request) => {
    expectUnsent(await client().send(request(`http://127.0.0.1:${await freePort()}/`)), 'refused');
  });

  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: the name does not resolve', async (_method, request) => {
    const outcome = await client().send(request('http://nobody.invalid/'));
    expectUnsent(outcome, 'dns');
    expect(outcome).toMatchObject({ message: expect.stringContaining('nobody.invalid') });
  });

  test('the server speaks no TLS', async () => {
    const port = await listenHttp((_request, response) => response.end('plain'));
    expectUnsent(await client().send(post(`https://127.0.0.1:${port}/`)), 'tls');
  });

  test('the server hangs up during the TLS handshake', async () => {
    const port = await listenTcp((socket) => socket.once('data', () => socket.destroy()));
    expectUnsent(await client().send(post(`https://127.0.0.1:${port}/`)), 'tls');
  });

  test('the TLS handshake never ends', async () => {
    const port = await listenTcp(() => undefined);
    const outcome = await client().send(post(`https://127.0.0.1:${port}/`, { deadlineMs: 150 }));
    expectUnsent(outcome, 'connect-timeout');
  });

  test.skipIf(!hasOpenssl)('the certificate is of an unknown authority', async () => {
    const port = await listen(createTlsServer(makeCertificates()));
    const outcome = await client().send(post(`https://127.0.0.1:${port}/`));
    expectUnsent(outcome, 'tls');
    expect(outcome).toMatchObject({ message: expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE') });
  });

  test('the caller had given up before', async () => {
    let requests = 0;
    const port = await listenHttp((_request, response) => {
      requests += 1;
      response.end();
    });
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() }));
    expectUnsent(outcome, 'connect-failed');
    expect(requests).toBe(0);
  });
});

describe('a request that may have arrived has no answer', () => {
  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: the connection breaks off', async (_method, request) => {
    const port = await listenTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const outcome = await client().send(request(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'reset' });
  });

  test('the answer is torn in the middle of its body', async () => {
    const port = await listenTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access')),
    );
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'reset' });
  });

  test('the server is silent until the deadline', async () => {
    let requests = 0;
    const port = await listenHttp(() => {
      requests += 1;
    });
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`, { deadlineMs: 200 }));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'timeout' });
    expect(requests).toBe(1);
  });

  test('the body drips on beyond the deadline', async () => {
    const port = await listenHttp((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const outcome = await client().send(get(`http://127.0.0.1:${port}/`, { deadlineMs: 200 }));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'timeout' });
  });

  test('the caller gives up while it waits', async () => {
    const controller = new AbortController();
    const port = await listenHttp(() => controller.abort());
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`, { signal: controller.signal }));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'aborted' });
  });

  test('the server answers what is not HTTP', async () => {
    const port = await listenTcp((socket) => socket.once('data', () => socket.end('220 smtp ready\r\n')));
    const outcome = await client().send(post(`http://127.0.0.1:${port}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'reset' });
  });
});

/** What a proxy of either kind is called in a setting. */
const kinds = [
  ['http', startHttpProxy],
  ['socks5', startSocksProxy],
] as const;

describe.each(kinds)('through a proxy of the kind %s', (scheme, start) => {
  const credentials = { user: 'me', password: 'p@ss' };

  test('a request arrives with the credentials of the setting', async () => {
    const target = await listenHttp((request, response) => {
      request.resume();
      response.end('through');
    });
    const proxy = await start({ credentials });
    const http = client(`${scheme}://me:p%40ss@127.0.0.1:${proxy.port}`);
    const outcome = await http.send(post(`http://127.0.0.1:${target}/`));
    expect(outcome).toMatchObject({ kind: 'answer', status: 200, body: 'through' });
    expect(proxy.tunnels).toEqual([{ target: `127.0.0.1:${target}`, credentials: 'me:p@ss' }]);
  });

  test('a name is left to the proxy to resolve', async () => {
    const target = await listenHttp((_request, response) => response.end('through'));
    const proxy = await start();
    const outcome = await client(`${scheme}://127.0.0.1:${proxy.port}`).send(get(`http://localhost:${target}/`));
    expect(outcome).toMatchObject({ kind: 'answer', body: 'through' });
    expect(proxy.tunnels).toEqual([{ target: `localhost:${target}` }]);
  });

  test.each(['user:', 'user:50%'])('credentials %s are sent as written', async (written) => {
    const target = await listenHttp((_request, response) => response.end('through'));
    const [user = '', password = ''] = written.split(':');
    const proxy = await start({ credentials: { user, password } });
    await client(`${scheme}://${written}@127.0.0.1:${proxy.port}`).send(get(`http://127.0.0.1:${target}/`));
    expect(proxy.tunnels).toMatchObject([{ credentials: written }]);
  });

  test.each(['', 'me:hunter2@'])(
    'credentials %j that it does not accept are unsent, and in no message',
    async (given) => {
      const proxy = await start({ credentials });
      const outcome = await client(`${scheme}://${given}127.0.0.1:${proxy.port}`).send(
        post('https://example.invalid/'),
      );
      expectUnsent(outcome, 'proxy');
      expect(outcome).toMatchObject({ message: expect.stringContaining('wants a user and password') });
      expect(outcome).toMatchObject({ message: expect.stringContaining(`${scheme}://127.0.0.1:${proxy.port}`) });
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    },
  );

  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: a proxy that is down is unsent', async (_method, request) => {
    const outcome = await client(`${scheme}://127.0.0.1:${await freePort()}`).send(request('https://example.invalid/'));
    expectUnsent(outcome, 'proxy');
  });

  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: a proxy that never answers is unsent at the deadline', async (_method, request) => {
    const proxy = await start({ answer: 'silence' });
    const http = client(`${scheme}://127.0.0.1:${proxy.port}`);
    expectUnsent(await http.send(request('https://example.invalid/', { deadlineMs: 300 })), 'proxy');
  });

  test('a proxy that hangs up is asked once, not in a loop', async () => {
    let connections = 0;
    const port = await listenTcp((socket) => {
      connections += 1;
      socket.once('data', () => socket.end());
    });
    expectUnsent(await client(`${scheme}://127.0.0.1:${port}`).send(post('https://example.invalid/')), 'proxy');
    expect(connections).toBe(1);
  });

  test('a proxy that speaks something else is unsent', async () => {
    const port = await listenTcp((socket) => socket.once('data', () => socket.end('220 smtp ready\r\n')));
    expectUnsent(await client(`${scheme}://127.0.0.1:${port}`).send(post('https://example.invalid/')), 'proxy');
  });

  test('a failing TLS handshake inside the tunnel is unsent', async () => {
    const target = await listenHttp((_request, response) => response.end('plain'));
    const proxy = await start();
    const outcome = await client(`${scheme}://127.0.0.1:${proxy.port}`).send(post(`https://127.0.0.1:${target}/`));
    expectUnsent(outcome, 'tls');
  });

  test('a proxy that consents and then hangs up is to blame, not the provider', async () => {
    const target = await listenTcp((socket) => socket.destroy());
    const proxy = await start();
    const outcome = await client(`${scheme}://127.0.0.1:${proxy.port}`).send(post(`https://127.0.0.1:${target}/`));
    expectUnsent(outcome, 'proxy');
  });

  test('a connection that breaks off after the body is not unsent', async () => {
    const target = await listenTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const proxy = await start();
    const outcome = await client(`${scheme}://127.0.0.1:${proxy.port}`).send(post(`http://127.0.0.1:${target}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'reset' });
  });

  test.skipIf(!hasOpenssl)('TLS is with the provider, whose certificate counts', async () => {
    const { caFile, ...certificate } = makeCertificates();
    const target = await listen(createHttpsServer(certificate, (_request, response) => response.end('secret')));
    const proxy = await start();
    const request = get(`https://127.0.0.1:${target}/`);
    expectUnsent(await client(`${scheme}://127.0.0.1:${proxy.port}`).send(request), 'tls');
    const trusting = client(`${scheme}://127.0.0.1:${proxy.port}`, caFile);
    expect(await trusting.send(request)).toMatchObject({ kind: 'answer', body: 'secret' });
  });
});

describe('through a proxy', () => {
  test.each([403, 407, 502])('a refusal with %i is told', async (status) => {
    const proxy = await startHttpProxy({ answer: status });
    const outcome = await client(`127.0.0.1:${proxy.port}`).send(post('https://example.invalid/'));
    expectUnsent(outcome, 'proxy');
    expect(outcome).toMatchObject({ message: expect.stringContaining(`it answered ${status}`) });
  });

  test('the answer of a SOCKS proxy is told', async () => {
    const proxy = await startSocksProxy({ answer: 5 });
    const outcome = await client(`socks5h://127.0.0.1:${proxy.port}`).send(post('https://example.invalid/'));
    expectUnsent(outcome, 'proxy');
    expect(outcome).toMatchObject({ message: expect.stringContaining('it answered: connection refused') });
  });

  test.each([
    ['[::1]', '[00000000000000000000000000000001]'],
    ['[2001:db8::5:0:77]', '[20010db8000000000000000500000077]'],
    ['127.0.0.1', '127.0.0.1'],
  ])('the address %s reaches a SOCKS proxy whole', async (host, expected) => {
    const proxy = await startSocksProxy({ answer: 4 });
    await client(`socks5://127.0.0.1:${proxy.port}`).send(get(`http://${host}:8080/`));
    expect(proxy.tunnels).toEqual([{ target: `${expected}:8080` }]);
  });

  test.skipIf(!hasOpenssl)('that speaks TLS itself', async () => {
    const { caFile, ...tls } = makeCertificates();
    const target = await listenHttp((_request, response) => response.end('through'));
    const proxy = await startHttpProxy({ tls });
    const url = `https://127.0.0.1:${proxy.port}`;
    const request = get(`http://127.0.0.1:${target}/`);
    const distrusting = await client(url).send(request);
    expectUnsent(distrusting, 'proxy');
    expect(distrusting).toMatchObject({ message: expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE') });
    expect(await client(url, caFile).send(request)).toMatchObject({ kind: 'answer', body: 'through' });
  });

  test('a provider that is silent behind a proxy is not taken for a silent proxy', async () => {
    const target = await listenHttp(() => undefined);
    const proxy = await startHttpProxy();
    const http = client(`127.0.0.1:${proxy.port}`);
    const outcome = await http.send(get(`http://127.0.0.1:${target}/`, { deadlineMs: 300 }));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'timeout' });
  });

  test.each(['http://me:hunter2@:::', 'socks4://me:hunter2@127.0.0.1:1080'])(
    '%s is refused by the name of its variable',
    async (value) => {
      const failure = await client(value)
        .send(get('https://example.invalid/'))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(failure).toBeInstanceOf(AppError);
      expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining('ALL_PROXY') });
      expect(String(failure)).not.toContain('hunter2');
    },
  );
});

test('close ends idle connections and connections that are still being made', async () => {
  const open = new Set<unknown>();
  const port = await listenTcp((socket) => {
    open.add(socket);
    socket.resume().on('close', () => open.delete(socket));
  });
  const http = client();
  await http.send(get(`https://127.0.0.1:${port}/`, { deadlineMs: 100 }));
  expect(open.size).toBe(1);
  await http.close();
  await expect.poll(() => open.size).toBe(0);
});
