import { isIP } from 'node:net';
import type { ClientConfig } from 'pg';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { readNow } from '../storage/regular-file.js';

/** How a database is reached, and whether the connection is encrypted too. */
export interface DatabaseAddress {
  readonly config: ClientConfig;
  readonly transport: 'tls' | 'loopback';
  /** Where it is, without user and password. */
  readonly shown: string;
}

const knownParameters = ['sslmode', 'sslrootcert', 'host', 'application_name', 'connect_timeout', 'channel_binding'];
const verifying = ['require', 'verify-ca', 'verify-full'];

/**
 * Reads `postgresql://user:password@host:port/database`. A host other than this machine is reached with TLS, whose
 * certificate is verified whatever the address asks for. Throws `usage`, never with the password in its message.
 */
export function databaseAddress(url: Secret): DatabaseAddress {
  const parsed = parse(url);
  const parameters = parsed.searchParams;
  for (const name of parameters.keys()) {
    if (!knownParameters.includes(name))
      throw unusable(`it has the parameter ${JSON.stringify(name)}, which is not known here`);
  }
  const host = parameters.get('host') ?? decoded(parsed.hostname, 'host').replace(/^\[|\]$/g, '');
  if (host === '') throw unusable('it names no host');
  const database = decoded(parsed.pathname.slice(1), 'database');
  if (database === '') throw unusable('it names no database');
  const isLocal = isLoopback(host);
  const port = parsed.port === '' ? 5432 : Number(parsed.port);
  const config: ClientConfig = {
    host,
    port,
    database,
    user: decoded(parsed.username, 'user'),
    password: decoded(parsed.password, 'password'),
    application_name: 'codex-auth',
    ssl: tlsFor(host, isLocal, parameters),
  };
  const shown = `${host.startsWith('/') ? host : parsed.host}/${database}`;
  return { config, transport: config.ssl === false ? 'loopback' : 'tls', shown };
}

function parse(url: Secret): URL {
  const text = url.reveal().trim();
  if (!/^postgres(ql)?:\/\//.test(text)) throw unusable('it does not begin with postgresql://');
  // `new URL` refuses an address with a user but no host, which PostgreSQL allows.
  const whole = text.replace(/^(postgres(?:ql)?:\/\/(?:[^/@]*@)?)(?=\/)/, '$1localhost');
  const parsed = tried(whole);
  if (parsed === undefined) throw unusable('it is no address; write odd characters of the password as %XX');
  return parsed;
}

function tried(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // The error quotes the address, password included.
    return undefined;
  }
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable(`its ${part} holds a % that begins no character; write it as %25`);
  }
}

function isLoopback(host: string): boolean {
  if (host.startsWith('/') || host === 'localhost') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

function tlsFor(host: string, isLocal: boolean, parameters: URLSearchParams): ClientConfig['ssl'] {
  const mode = parameters.get('sslmode') ?? (isLocal ? 'disable' : 'verify-full');
  if (isLocal && !verifying.includes(mode)) return false;
  if (!verifying.includes(mode)) {
    throw unusable(
      `it asks for sslmode=${mode}, but ${host} is not this machine: without verified TLS nothing is sent there`,
    );
  }
  const authority = parameters.get('sslrootcert');
  const ca = authority === null || authority === 'system' ? {} : { ca: readAuthority(authority) };
  return { rejectUnauthorized: true, ...(isIP(host) === 0 ? { servername: host } : {}), ...ca };
}

function readAuthority(path: string): string {
  try {
    return readNow(path).toString('utf8');
  } catch {
    throw unusable(`it names ${path} for the authority of the server, which cannot be read`);
  }
}

function unusable(why: string): AppError {
  return new AppError('usage', `the address of the database cannot be used: ${why}`, {
    hint: 'postgresql://user:password@host:5432/database',
  });
}
