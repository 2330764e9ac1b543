import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { AppError } from '../errors.js';
import type { ProxyChoice } from './proxy.js';

const connectTimeoutMs = 10_000;
/** The overall deadline of a request is the only limit (P20); undici's own would be a second clock. */
const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 };

/** A way to the network, with a hard stop: `destroy` ends even connections that are still being made. */
export interface Connections {
  readonly dispatcher: Dispatcher;
  destroy(): Promise<void>;
}

/**
 * No connection came about, hence no request was written: the proof behind `unsent`. It also replaces the original
 * error on its way through undici, which treats UND_ERR_SOCKET and UND_ERR_INFO in the connect phase as recoverable
 * and connects again without end (a proxy that hangs up on CONNECT is enough). It never leaves this directory.
 */
export class ConnectFailure extends Error {
  constructor(cause: unknown) {
    super('No connection', { cause });
  }
}

export function openConnections(choice: ProxyChoice): Connections {
  const sockets = new Set<Socket>();
  const connect = trackingConnector(sockets);
  const dispatcher = choice.kind === 'proxy' ? tunnel(choice.url.reveal(), connect) : direct(connect);
  return {
    dispatcher,
    async destroy() {
      for (const socket of sockets) socket.destroy();
      await dispatcher.destroy();
    },
  };
}

/** Names the source of an unusable proxy setting only; the value may hold a password. */
export function refuseInvalidProxy(choice: ProxyChoice): void {
  if (choice.kind !== 'invalid') return;
  const source = choice.source === 'option' ? '--proxy' : choice.source;
  const problem = choice.reason === 'socks' ? 'names a SOCKS proxy, which is not supported' : 'is not a proxy address';
  throw new AppError('usage', `${source} ${problem}`, { hint: 'give an http:// or https:// proxy, as host:port' });
}

function direct(connect: buildConnector.connector): Dispatcher {
  return new Agent({ ...noTimeouts, connect });
}

/** Every target, plain http too, is reached through CONNECT, so that the proxy cannot answer in its place. */
function tunnel(proxyUrl: string, connect: buildConnector.connector): Dispatcher {
  const url = new URL(proxyUrl);
  const token = basicAuthorization(url);
  url.username = '';
  url.password = '';
  return new ProxyAgent({
    ...noTimeouts,
    uri: url.href,
    ...(token === undefined ? {} : { token }),
    clientFactory: (origin) => new Pool(origin, { ...noTimeouts, connect }),
    // undici types these options as `Object`; they are those of a Pool, with the tunnel's own connector.
    factory: (origin, options: Pool.Options) => new Pool(origin, withFailuresMarked(options)),
  });
}

/** undici itself omits a user without a password and throws on a stray `%`. */
function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const credentials = `${percentDecode(url.username)}:${percentDecode(url.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray `%`: the person wrote the password unescaped. The error would quote it.
    return text;
  }
}

function withFailuresMarked(options: Pool.Options): Pool.Options {
  const { connect } = options;
  if (typeof connect !== 'function') return options;
  const marked: buildConnector.connector = (target, callback) =>
    connect(target, (error, socket) =>
      error === null || error === undefined ? callback(null, socket) : callback(new ConnectFailure(error), null),
    );
  return { ...options, connect: marked };
}

function trackingConnector(sockets: Set<Socket>): buildConnector.connector {
  return (target, callback) => {
    const socket = startConnection(target);
    sockets.add(socket);
    const ready = target.protocol === 'https:' ? 'secureConnect' : 'connect';
    const timer = setTimeout(() => socket.destroy(timeoutError()), connectTimeoutMs);
    const onReady = () => {
      clearTimeout(timer);
      socket.off('error', onError).off('close', onClose);
      callback(null, socket);
    };
    const fail = (error: unknown) => {
      clearTimeout(timer);
      // A dead socket may still report a second error, which would end the process if nobody listened.
      socket
        .off(ready, onReady)
        .off('close', onClose)
        .on('error', () => undefined);
      callback(new ConnectFailure(error), null);
    };
    const onError = (error: Error) => fail(error);
    const onClose = () => fail(new Error('closed'));
    socket.once(ready, onReady).once('error', onError).once('close', onClose);
    socket.once('close', () => sockets.delete(socket));
  };
}

function startConnection(target: buildConnector.Options): Socket {
  const host = target.hostname;
  if (target.protocol !== 'https:') return tcpConnect({ host, port: Number(target.port) || 80, noDelay: true });
  const servername = target.servername ?? host;
  return tlsConnect({
    host,
    port: Number(target.port) || 443,
    ALPNProtocols: ['http/1.1'],
    // RFC 6066 section 3: no literal addresses in SNI.
    ...(isIP(servername) === 0 ? { servername } : {}),
  });
}

function timeoutError(): Error {
  return Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' });
}
