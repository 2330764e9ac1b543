import { isIP, type Socket } from 'node:net';
import { ProxyRefusal } from './connect-failure.js';

/** Where a tunnel leads. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const version = 5;
const noCredentials = 0;
const userPassword = 2;

/** RFC 1928 section 6. */
const replies = [
  'succeeded',
  'general failure',
  'not allowed by its rules',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'time to live expired',
  'command not supported',
  'address type not supported',
];

/**
 * SOCKS 5 (RFC 1928), with user and password (RFC 1929) when there are any. A name is sent as it is, so that the proxy
 * resolves it: behind such a proxy there is often no other way, and `socks5` and `socks5h` mean the same here.
 */
export async function enterSocks(
  socket: Socket,
  target: Endpoint,
  credentials: Credentials | undefined,
): Promise<void> {
  const methods = credentials === undefined ? [noCredentials] : [noCredentials, userPassword];
  socket.write(Buffer.from([version, methods.length, ...methods]));
  const [spoken, method] = await read(socket, 2);
  if (spoken !== version) throw new ProxyRefusal('it does not speak SOCKS 5');
  if (method === userPassword && credentials !== undefined) await authenticate(socket, credentials);
  else if (method !== noCredentials) throw new ProxyRefusal('it wants other credentials', true);

  socket.write(Buffer.from([version, 1, 0, ...addressBytes(target.host), target.port >> 8, target.port & 255]));
  const [, reply = 1, , addressType] = await read(socket, 4);
  if (reply !== 0) throw new ProxyRefusal(`it answered: ${replies[reply] ?? `error ${reply}`}`);
  await skipBoundAddress(socket, addressType);
}

async function authenticate(socket: Socket, { username, password }: Credentials): Promise<void> {
  const [user, secret] = [Buffer.from(username), Buffer.from(password)];
  if (user.length > 255 || secret.length > 255) throw new ProxyRefusal('its credentials are too long for SOCKS', true);
  socket.write(Buffer.from([1, user.length, ...user, secret.length, ...secret]));
  const [, status] = await read(socket, 2);
  if (status !== 0) throw new ProxyRefusal('it does not accept the credentials', true);
}

function addressBytes(host: string): number[] {
  const type = { 0: 3, 4: 1, 6: 4 }[isIP(host)] ?? 3;
  if (type === 1) return [type, ...host.split('.').map(Number)];
  if (type === 4) return [type, ...ipv6Bytes(host)];
  const name = Buffer.from(host);
  return [type, name.length, ...name];
}

function ipv6Bytes(host: string): number[] {
  // The URL parser spells every address as groups of hexadecimal digits.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16)).flatMap((n) => [n >> 8, n & 255]);
}

/** The address of the proxy's own end of the connection is of no use to us. */
async function skipBoundAddress(socket: Socket, type: number | undefined): Promise<void> {
  const [nameLength = 0] = type === 3 ? await read(socket, 1) : [];
  const length = { 1: 4, 3: nameLength, 4: 16 }[type ?? 0];
  if (length === undefined) throw new ProxyRefusal('its answer makes no sense');
  await read(socket, length + 2);
}

/** Exactly so many bytes; what follows stays in the socket. */
function read(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (conclude: () => void) => {
      socket.off('readable', attempt).off('error', reject).off('close', onEnd).off('end', onEnd);
      conclude();
    };
    const attempt = () => {
      const bytes: Buffer | null = socket.read(count);
      if (bytes !== null) settle(() => resolve(bytes));
    };
    const onEnd = () => settle(() => reject(new Error('closed')));
    socket.on('readable', attempt).once('error', reject).once('close', onEnd).once('end', onEnd);
    attempt();
  });
}
