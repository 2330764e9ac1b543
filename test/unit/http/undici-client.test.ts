import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../../src/core/errors.js';
import type { HttpOutcome, HttpRequest } from '../../../src/core/http/client.js';
import { chooseProxy } from '../../../src/core/http/proxy.js';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import { freePort, listen, listenHttp, listenTcp } from './loopback-servers.js';

const CANARY = 'canary-body-4711';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

function client(proxy?: string) {
  const http = createHttpClient({
    proxyFor: (url) => chooseProxy(url, { environment: proxy === undefined ? {} : { ALL_PROXY: proxy } }),
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

  test.skipIf(!hasOpenssl)('the certificate is self-signed', async () => {
    const port = await listen(createTlsServer(selfSigned()));
    const outcome = await client().send(post(`https://127.0.0.1:${port}/`));
    expectUnsent(outcome, 'tls');
    expect(outcome).toMatchObject({ message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') });
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

describe('through a proxy', () => {
  test('the request arrives by CONNECT with the credentials of the setting', async () => {
    const target = await listenHttp((request, response) => {
      request.resume();
      response.end('through');
    });
    const proxy = await listenProxy();
    const http = client(`http://me:p%40ss@127.0.0.1:${proxy.port}`);
    const outcome = await http.send(post(`http://127.0.0.1:${target}/`));
    expect(outcome).toMatchObject({ kind: 'answer', status: 200, body: 'through' });
    expect(proxy.connects).toEqual([
      { target: `127.0.0.1:${target}`, authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    ]);
  });

  test.each(['user', 'user:50%'])('credentials %s are sent as written', async (credentials) => {
    const target = await listenHttp((_request, response) => response.end('through'));
    const proxy = await listenProxy();
    await client(`http://${credentials}@127.0.0.1:${proxy.port}`).send(get(`http://127.0.0.1:${target}/`));
    const sent = Buffer.from(proxy.connects[0]?.authorization?.slice(6) ?? '', 'base64').toString();
    expect(sent).toBe(credentials.includes(':') ? credentials : `${credentials}:`);
  });

  test.each([403, 407, 502])('a refusal with %i is unsent, names the proxy and no password', async (status) => {
    const proxy = await listenProxy(status);
    const outcome = await client(`http://me:hunter2@127.0.0.1:${proxy.port}`).send(post('https://example.invalid/'));
    expectUnsent(outcome, 'proxy');
    expect(outcome).toMatchObject({ message: expect.stringContaining(String(status)) });
    expect(outcome).toMatchObject({ message: expect.stringContaining(`http://127.0.0.1:${proxy.port}`) });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  test.each([
    ['GET', get],
    ['POST', post],
  ] as const)('%s: a proxy that is down is unsent', async (_method, request) => {
    const outcome = await client(`127.0.0.1:${await freePort()}`).send(request('https://example.invalid/'));
    expectUnsent(outcome, 'proxy');
  });

  test('a proxy that hangs up is asked once, not in a loop', async () => {
    let connections = 0;
    const port = await listenTcp((socket) => {
      connections += 1;
      socket.once('data', () => socket.end());
    });
    expectUnsent(await client(`127.0.0.1:${port}`).send(post('https://example.invalid/')), 'proxy');
    expect(connections).toBe(1);
  });

  test('a proxy that never answers is unsent at the deadline', async () => {
    const port = await listenTcp(() => undefined);
    const outcome = await client(`127.0.0.1:${port}`).send(post('https://example.invalid/', { deadlineMs: 150 }));
    expectUnsent(outcome, 'proxy');
  });

  test('a failing TLS handshake inside the tunnel is unsent', async () => {
    const target = await listenHttp((_request, response) => response.end('plain'));
    const proxy = await listenProxy();
    expectUnsent(await client(`127.0.0.1:${proxy.port}`).send(post(`https://127.0.0.1:${target}/`)), 'tls');
  });

  test('a connection that breaks off after the body is not unsent', async () => {
    const target = await listenTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const proxy = await listenProxy();
    const outcome = await client(`127.0.0.1:${proxy.port}`).send(post(`http://127.0.0.1:${target}/`));
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'reset' });
  });

  test.each(['http://me:hunter2@:::', 'socks5://me:hunter2@127.0.0.1:1080'])(
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

async function listenProxy(refusal?: number) {
  const connects: { target: string | undefined; authorization: string | undefined }[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket) => {
    connects.push({ target: request.url, authorization: request.headers['proxy-authorization'] });
    socket.on('error', () => undefined);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  return { port: await listen(server), connects };
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'codex-auth-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}
