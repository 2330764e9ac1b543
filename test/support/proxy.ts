import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface ProxyOptions {
  /** The credentials that the proxy asks for, by Basic or by RFC 1929; it turns away anything else. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** What becomes of a request for a tunnel: carried, by default; this status; or nothing at all, for ever. */
  readonly answer?: number | 'silence';
  /** Makes it an https:// proxy. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
}

/** A proxy on loopback, with what it was asked for: `host:port` of every tunnel, and the credentials that came along. */
export interface TestProxy {
  readonly port: number;
  readonly tunnels: { readonly target: string; readonly credentials?: string }[];
}

/** A real HTTP proxy that knows CONNECT and nothing else, until the test ends. */
export async function startHttpProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const { credentials, answer, tls } = options;
  const tunnels: TestProxy['tunnels'] = [];
  const server = tls === undefined ? createHttpServer() : createTlsServer(tls);
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => undefined);
    const given = decodeBasic(request.headers['proxy-authorization']);
    tunnels.push({ target: request.url ?? '', ...(given === undefined ? {} : { credentials: given }) });
    if (answer === 'silence') return;
    const isWelcome = credentials === undefined || given === `${credentials.user}:${credentials.password}`;
    const status = isWelcome ? answer : 407;
    if (status !== undefined) socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    else carry(socket, request.url ?? '', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
  return { port: await listen(server), tunnels };
}

/** A real SOCKS 5 proxy, until the test ends. */
export async function startSocksProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const tunnels: TestProxy['tunnels'] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    void speakSocks(socket, options, tunnels).catch(() => socket.destroy());
  });
  return { port: await listen(server), tunnels };
}

async function speakSocks(
  socket: Socket,
  { credentials, answer }: ProxyOptions,
  tunnels: TestProxy['tunnels'],
): Promise<void> {
  const next = reader(socket);
  const [, methodCount = 0] = await next(2);
  const methods = await next(methodCount);
  if (answer === 'silence') return;
  const method = credentials === undefined ? 0 : 2;
  if (!methods.includes(method)) return void socket.end(Buffer.from([5, 255]));
  socket.write(Buffer.from([5, method]));
  const given = method === 2 ? await readUserPassword(next) : undefined;
  if (credentials !== undefined && given !== `${credentials.user}:${credentials.password}`) {
    return void socket.end(Buffer.from([1, 1]));
  }
  if (given !== undefined) socket.write(Buffer.from([1, 0]));
  const target = await readTarget(next);
  tunnels.push({ target, ...(given === undefined ? {} : { credentials: given }) });
  const reply = (code: number) => Buffer.from([5, code, 0, 1, 127, 0, 0, 1, 0, 0]);
  if (answer !== undefined) socket.end(reply(answer));
  else carry(socket, target, () => socket.write(reply(0)));
}

type Next = (count: number) => Promise<Buffer>;

async function readUserPassword(next: Next): Promise<string> {
  const [, userLength = 0] = await next(2);
  const user = String(await next(userLength));
  const [passwordLength = 0] = await next(1);
  return `${user}:${String(await next(passwordLength))}`;
}

async function readTarget(next: Next): Promise<string> {
  const [, , , type] = await next(4);
  const [nameLength = 0] = type === 3 ? await next(1) : [];
  const address = await next(type === 1 ? 4 : type === 4 ? 16 : nameLength);
  const host = type === 3 ? String(address) : type === 1 ? [...address].join('.') : `[${address.toString('hex')}]`;
  return `${host}:${(await next(2)).readUInt16BE()}`;
}

/** Hands out a socket's bytes by count. */
function reader(socket: Socket): Next {
  return async (count) => {
    for (;;) {
      const bytes: Buffer | null = count === 0 ? Buffer.alloc(0) : socket.read(count);
      if (bytes !== null) return bytes;
      await new Promise<void>((resolve, reject) => {
        socket.once('readable', resolve).once('end', () => reject(new Error('ended')));
      });
    }
  };
}

function carry(socket: Duplex, target: string, onReady: () => void): void {
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
  const upstream = connect(Number(port), host, () => {
    onReady();
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
}

function decodeBasic(header: string | undefined): string | undefined {
  return header?.startsWith('Basic ') === true ? Buffer.from(header.slice(6), 'base64').toString() : undefined;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
