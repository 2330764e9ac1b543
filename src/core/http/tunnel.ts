import { request } from 'node:http';
import type { Socket } from 'node:net';
import { ProxyRefusal } from './connect-failure.js';
import { type Credentials, type Endpoint, enterSocks } from './socks.js';

/**
 * Asks the proxy at the other end of `socket` to carry a connection to `target`; afterwards the socket speaks to the target.
 * Every target, plain http too, is reached through a tunnel, so that no proxy can answer in its place.
 */
export function openTunnel(socket: Socket, proxy: URL, target: Endpoint): Promise<void> {
  const credentials = credentialsOf(proxy);
  return isSocks(proxy) ? enterSocks(socket, target, credentials) : enterHttp(socket, target, credentials);
}

export function isSocks({ protocol }: URL): boolean {
  return protocol.startsWith('socks');
}

/** RFC 9110 section 9.3.6. */
function enterHttp(socket: Socket, { host, port }: Endpoint, credentials: Credentials | undefined): Promise<void> {
  const path = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const authorization = credentials && { 'proxy-authorization': basic(credentials) };
  // Without it Node would ask for the end of the connection that is to become the tunnel.
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
