import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { basename } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { type CallbackServerOptions, openCallbackServer } from '../../../src/core/oauth/callback-server.js';
import { findPortHolder } from '../../../src/core/oauth/port-holder.js';
import { freePort, listen, listenHttp } from '../http/loopback-servers.js';

const STATE = 'our-state';
const CODE = 'canary-code-815';
const LONG = { timeoutMs: 10_000 };

async function open(more: Partial<CallbackServerOptions> = {}) {
  const server = await openCallbackServer({ ports: [0], state: STATE, clock: systemClock, ...more });
  onTestFinished(() => server.close());
  return server;
}

interface Answer {
  status: number | undefined;
  body: string;
}

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

const callback = (state = STATE, rest = `code=${CODE}`) => `/auth/callback?${rest}&state=${state}`;

describe('the callback server', () => {
  test('listens on loopback only and says where the provider shall send the browser', async () => {
    const server = await open();
    expect(server.redirectUri).toBe(`http://127.0.0.1:${server.port}/auth/callback`);
    expect(await canConnect('127.0.0.1', server.port)).toBe(true);
    expect(await canConnect('127.0.0.2', server.port)).toBe(false);
  });

  test('delivers the code, and the browser waits for the verdict', async () => {
    const server = await open();
    const browser = get(server.port, callback());
    const outcome = await server.wait(LONG);
    expect(outcome.kind === 'code' && outcome.code.reveal()).toBe(CODE);
    expect(inspect(outcome, { depth: 5 })).not.toContain(CODE);
    expect(await Promise.race([browser, pause(50)])).toBe('waiting');
    server.respond({ kind: 'signed-in', email: 'ada@example.com' });
    expect(await browser).toEqual({ status: 200, body: expect.stringContaining('ada@example.com is ready') });
  });

  test('shows the browser that the exchange failed', async () => {
    const server = await open();
    const browser = get(server.port, callback());
    await server.wait(LONG);
    server.respond({ kind: 'failed', message: 'The provider refused the code.' });
    expect((await browser).body).toContain('The provider refused the code.');
  });

  test('answers a reload with the same page, before and after the verdict', async () => {
    const server = await open();
    const browsers = [get(server.port, callback())];
    await server.wait(LONG);
    browsers.push(get(server.port, callback()));
    await pause(50);
    server.respond({ kind: 'signed-in' });
    browsers.push(get(server.port, callback()));
    for (const { body } of await Promise.all(browsers)) expect(body).toContain('Signed in');
  });

  test('lets the browser go when the exchange takes too long', async () => {
    const server = await open({ respondWithinMs: 30 });
    const browser = get(server.port, callback());
    await server.wait(LONG);
    expect((await browser).body).toContain('still finishing');
  });

  test('refuses a wrong state and keeps waiting for the right one', async () => {
    const server = await open();
    const wait = server.wait(LONG);
    for (const path of [callback('other'), '/auth/callback?error=access_denied', callback('other', 'error=x')]) {
      expect(await get(server.port, path)).toEqual({ status: 400, body: expect.stringContaining('State mismatch') });
    }
    expect((await get(server.port, `/auth/callback?state=${STATE}`)).status).toBe(400);
    const browser = get(server.port, callback());
    expect((await wait).kind).toBe('code');
    server.respond({ kind: 'signed-in' });
    await browser;
  });

  test('ends with the denial of the provider and shows it', async () => {
    const server = await open();
    const query = 'error=access_denied&error_description=missing_codex_entitlement';
    const [answer, outcome] = await Promise.all([get(server.port, callback(STATE, query)), server.wait(LONG)]);
    expect(outcome).toMatchObject({ kind: 'denied', error: 'access_denied' });
    expect(answer).toEqual({ status: 200, body: expect.stringContaining('Codex is not enabled for this workspace') });
  });

  test('is cancelled by another client, not by a page', async () => {
    const server = await open();
    const wait = server.wait(LONG);
    expect((await get(server.port, '/cancel', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(server.port, '/cancel', { 'sec-fetch-site': 'none' })).status).toBe(403);
    expect((await get(server.port, '/cancel')).body).toBe('Login cancelled\n');
    expect(await wait).toEqual({ kind: 'cancelled' });
    expect((await get(server.port, callback())).body).toContain('This sign-in has ended');
  });

  test('refuses another host, whatever the request', async () => {
    const server = await open();
    const headers = { host: `rebound.example:${server.port}` };
    expect((await get(server.port, callback(), headers)).status).toBe(400);
    expect((await get(server.port, '/cancel', headers)).status).toBe(400);
    expect(await server.wait({ timeoutMs: 20 })).toEqual({ kind: 'timed-out' });
  });

  test('ends at its time limit, and a late callback is told so', async () => {
    const server = await open();
    expect(await server.wait({ timeoutMs: 20 })).toEqual({ kind: 'timed-out' });
    expect((await get(server.port, callback())).body).toContain('This sign-in has ended');
  });

  test.each([
    ['before', () => AbortSignal.abort()],
    ['during', () => AbortSignal.timeout(20)],
  ])('is interrupted by a signal that comes %s the wait', async (_when, signal) => {
    const server = await open();
    await expect(server.wait({ ...LONG, signal: signal() })).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('remembers a callback that came before the wait began', async () => {
    const server = await open();
    const browser = get(server.port, callback());
    await pause(50);
    expect((await server.wait(LONG)).kind).toBe('code');
    await server.close();
    expect((await browser).body).toContain('still finishing');
  });

  test('delivers the page when it is closed right after the verdict', async () => {
    const server = await open();
    const browser = get(server.port, callback());
    await server.wait(LONG);
    server.respond({ kind: 'signed-in' });
    await server.close();
    expect((await browser).body).toContain('</html>');
  });

  test('closes although connections linger, and frees the port', async () => {
    const server = await open();
    const silent = connect(server.port, '127.0.0.1');
    const half = connect(server.port, '127.0.0.1', () => half.write('GET /auth'));
    await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
    const gone = Promise.all([closed(silent), closed(half)]);
    await server.close();
    await gone;
    const next = await open({ ports: [server.port] });
    expect(next.port).toBe(server.port);
  });
});

describe('connections that ask for nothing', () => {
  const beginnings: [string, string][] = [
    ['say nothing', ''],
    ['end in the middle of the first line', 'GET /auth'],
    ['never end their headers', `GET ${callback()} HTTP/1.1\r\nhost: 127.0.0.1\r\nx: `],
    ['announce a body that never comes', 'POST /cancel HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n'],
  ];

  async function crowd(port: number, beginning: string) {
    const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    const ends = sockets.map(closed);
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) socket.write(beginning);
    return { sockets, ends };
  }

  test.each(beginnings)('do not keep the browser out where they %s', async (_what, beginning) => {
    // No connection is dropped for being slow within the test, so the browser does not get its answer by that.
    const server = await open({ requestWithinMs: 60_000 });
    await crowd(server.port, beginning);
    const browser = get(server.port, callback());
    expect((await server.wait(LONG)).kind).toBe('code');
    server.respond({ kind: 'signed-in' });
    expect((await browser).body).toContain('Signed in');
  });

  test.each(beginnings)('are dropped soon where they %s', async (_what, beginning) => {
    const { port } = await open();
    const { ends } = await crowd(port, beginning);
    await Promise.all(ends);
  });

  test('are dropped although they send a byte now and then', async () => {
    const { port } = await open();
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nx: '));
    const dripping = setInterval(() => socket.write('x'), 100);
    onTestFinished(() => clearInterval(dripping));
    await closed(socket);
  });

  test('and headers without end are refused', async () => {
    const { port } = await open();
    const refused = await get(port, callback(), { x: 'x'.repeat(100_000) }).catch(() => ({ status: 431 }));
    expect(refused.status).toBe(431);
    const browser = get(port, callback('other'));
    expect((await browser).status).toBe(400);
  });
});

describe('a busy port', () => {
  test('is freed by asking the login that waits there to cancel', async () => {
    const first = await open();
    const wait = first.wait(LONG).then(async (outcome) => {
      await first.close();
      return outcome;
    });
    const second = await open({ ports: [first.port] });
    expect(second.port).toBe(first.port);
    expect(await wait).toEqual({ kind: 'cancelled' });
  });

  test('that stays busy leads to the next one, after one cancel and ten tries', async () => {
    const requests: (string | undefined)[] = [];
    const busy = await listenHttp((request, response) => {
      requests.push(request.url);
      response.end();
    });
    const pauses: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void pauses.push(ms) };
    const free = await freePort();
    const server = await open({ ports: [busy, free], clock });
    expect(server.port).toBe(free);
    expect(requests).toEqual(['/cancel']);
    expect(pauses).toEqual(Array(10).fill(200));
  });

  test('is an error that names its holder when there is no other', async () => {
    const busy = await Promise.all([listenHttp(answerNothing), listenHttp(answerNothing)]);
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    await expect(open({ ports: busy, clock })).rejects.toMatchObject({
      code: 'port-busy',
      message: expect.stringContaining(`${busy[1]} is held by`),
      details: { ports: [expect.objectContaining({ port: busy[0], pid: process.pid }), expect.anything()] },
    });
  });

  test('does not hold up a person who gives up', async () => {
    const busy = await listen(createServer((socket) => socket.end()));
    const attempt = open({ ports: [busy], signal: AbortSignal.timeout(50) });
    await expect(attempt).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('the holder of a port', () => {
  test('is another process by its pid and name', async () => {
    const script = "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})";
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(child.stdout, 'data');
    expect(await findPortHolder(Number(String(line)))).toEqual({ pid: child.pid, name: basename(process.execPath) });
  });

  test('is unknown when nobody listens', async () => {
    expect(await findPortHolder(await freePort())).toBeUndefined();
  });

  test('is the listener, not a client that is connected to it', async () => {
    const server = createServer();
    const port = await listen(server);
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    const clientPort = (client.address() as AddressInfo).port;
    expect(await findPortHolder(clientPort)).toBeUndefined();
    expect(await findPortHolder(port)).toMatchObject({ pid: process.pid });
  });
});

async function pause(ms: number): Promise<'waiting'> {
  await systemClock.sleep(ms);
  return 'waiting';
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (isConnected: boolean) => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) =>
    socket
      .resume()
      .on('error', () => undefined)
      .once('close', resolve),
  );
}

const answerNothing: RequestListener = (_request, response) => void response.end();
