import { request } from 'node:http';
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, type SecureContext, connect as tlsConnect } from 'node:tls';
import { Agent, type buildConnector, type Dispatcher } from 'undici';
import { ConnectFailure, ProxyRefusal, type Stage } from './connect-failure.js';
import type { ProxyChoice } from './proxy.js';
import { type Credentials, type Endpoint, enterSocks } from './socks.js';

/** For everything until a request can be written, the tunnel and TLS included. */
const connectTimeoutMs = 10_000;
/** The overall deadline of a request is the only limit (P20); undici's own would be a second clock. */
const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 };

/** A way to the network, with a hard stop: `destroy` ends even connections that are still being made. */
export interface Connections {
  readonly dispatcher: Dispatcher;
  /** Whether any connection is there: while there is none, nothing can be on its way. */
  isConnected(): boolean;
  destroy(): Promise<void>;
}

/** `trust` says whose certificates are accepted, where that is not Node's own choice. */
export function openConnections(choice: ProxyChoice, trust?: SecureContext): Connections {
  const opened = new Set<Socket>();
  const connected = new Set<Socket>();
  const proxy = choice.kind === 'proxy' ? new URL(choice.url.reveal()) : undefined;

  function remember(socket: Socket): void {
    opened.add(socket);
    // A dead socket may still report a second error, which would end the process if nobody listened.
    socket
      .on('error', () => undefined)
      .once('close', () => {
        opened.delete(socket);
        connected.delete(socket);
      });
  }

  const connect: buildConnector.connector = (target, callback) => {
    new Connecting(remember, trust).reach(target, proxy).then(
      (socket) => {
        connected.add(socket);
        callback(null, socket);
      },
      (failure: Error) => callback(failure, null),
    );
  };
  const dispatcher = new Agent({ ...noTimeouts, connect });
  return {
    dispatcher,
    isConnected: () => connected.size > 0,
    async destroy() {
      for (const socket of opened) socket.destroy();
      await dispatcher.destroy();
    },
  };
}

/** One connection in the making. Its time limit ends whatever step it is at. */
class Connecting {
  readonly #remember: (socket: Socket) => void;
  readonly #trust: SecureContext | undefined;
  readonly #timer = setTimeout(() => this.#giveUp(), connectTimeoutMs);
  #socket: Socket | undefined;
  #stage: Stage = 'target';

  constructor(remember: (socket: Socket) => void, trust: SecureContext | undefined) {
    this.#remember = remember;
    this.#trust = trust;
  }

  /** Rejects with a {@link ConnectFailure} and nothing else. */
  async reach(target: buildConnector.Options, proxy: URL | undefined): Promise<Socket> {
    const isSecure = target.protocol === 'https:';
    const end = endpointOf(target);
    try {
      const socket = await (proxy === undefined ? this.#connect(end, isSecure) : this.#tunnel(proxy, end, isSecure));
      if (socket.destroyed) throw new Error('closed');
      return socket;
    } catch (error) {
      this.#socket?.destroy();
      throw new ConnectFailure(error, this.#stage);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #tunnel(proxy: URL, end: Endpoint, isSecure: boolean): Promise<Socket> {
    this.#stage = 'proxy';
    const tunnel = await this.#connect(endpointOf(proxy), proxy.protocol === 'https:');
    await openTunnel(tunnel, proxy, end);
    this.#stage = 'target';
    return isSecure ? this.#secure(end, tunnel) : tunnel;
  }

  #connect(end: Endpoint, isSecure: boolean): Promise<Socket> {
    return isSecure ? this.#secure(end) : this.#ready(tcpConnect({ ...end, noDelay: true }), 'connect');
  }

  /** RFC 6066 section 3: no literal addresses in SNI. */
  #secure(end: Endpoint, socket?: Socket): Promise<Socket> {
    const options: ConnectionOptions = { ...end, ALPNProtocols: ['http/1.1'] };
    if (isIP(end.host) === 0) options.servername = end.host;
    if (this.#trust !== undefined) options.secureContext = this.#trust;
    if (socket !== undefined) options.socket = socket;
    return this.#ready(tlsConnect(options), 'secureConnect');
  }

  #ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
    this.#socket = socket;
    this.#remember(socket);
    return new Promise((resolve, reject) => {
      socket
        .once(event, () => resolve(socket))
        .once('error', reject)
        .once('close', () => reject(new Error('closed')));
    });
  }

  #giveUp(): void {
    this.#socket?.destroy(Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' }));
  }
}

function endpointOf(from: buildConnector.Options | URL): Endpoint {
  const { hostname, port, protocol } = from;
  const usual = from instanceof URL && isSocks(from) ? 1080 : protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usual };
}

/**
 * Asks the proxy at the other end of `socket` to carry a connection to `target`; afterwards the socket speaks to the target.
 * Every target, plain http too, is reached through a tunnel, so that no proxy can answer in its place.
 */
function openTunnel(socket: Socket, proxy: URL, target: Endpoint): Promise<void> {
  const credentials = credentialsOf(proxy);
  return isSocks(proxy) ? enterSocks(socket, target, credentials) : enterHttp(socket, target, credentials);
}

function isSocks({ protocol }: URL): boolean {
  return protocol.startsWith('socks');
}

/** RFC 9110 section 9.3.6. */
function enterHttp(socket: Socket, { host, port }: Endpoint, credentials: Credentials | undefined): Promise<void> {
  const path = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const authorization = credentials && { 'proxy-authorization': basic(credentials) };
  // Without `connection` Node would ask for the end of the connection that is to become the tunnel.
  const headers = { host: path, connection: 'keep-alive', 'proxy-connection': 'keep-alive', ...authorization };
  return new Promise((resolve, reject) => {
    request({ method: 'CONNECT', path, headers, createConnection: () => socket })
      .once('connect', ({ statusCode = 0 }, _socket, head) => {
        if (head.length > 0) socket.unshift(head);
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new ProxyRefusal(`it answered ${statusCode}`, statusCode === 407));
      })
      .on('error', reject)
      .end();
  });
}

/** RFC 7617. */
function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '' && password === '') return undefined;
  return { username: percentDecode(username), password: percentDecode(password) };
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray `%`: the person wrote the password unescaped. The error would quote it.
    return text;
  }
}
