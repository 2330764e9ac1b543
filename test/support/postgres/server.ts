import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Certificates } from '../certificates.js';
import { freePort } from '../held-ports.js';
import { madeOnce } from '../made-once.js';
import { placeInMemory } from '../place-in-memory.js';
import { findPostgres } from './find-postgres.js';
import { giveToServer, runAsServer, type ServerProcess, startAsServer } from './server-process.js';

export interface PostgresOptions {
  /** With these, the server takes connections over TLS only, on `localhost` and 127.0.0.1. */
  readonly certificates?: Pick<Certificates, 'key' | 'cert'>;
  /** More lines of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * How the server asks for a password. By default as servers do today, which takes a client 3 ms of computing; `md5`
   * is for tests that connect thousands of times.
   */
  readonly passwords?: 'md5';
}

/** A running server on loopback, for one test file. Nothing of it survives `stop`, nor the end of the process. */
export interface Postgres {
  readonly port: number;
  /** An empty database of its own, and the address to connect to it as its owner, who is no superuser. */
  newDatabase(): Promise<TestDatabase>;
  /** A role of its own that may log in and do nothing else, beside the password that it does that with. */
  newRole(): Promise<Role>;
  /** Runs statements as the superuser. */
  query<Row extends object>(database: string, statement: string): Promise<Row[]>;
  /** The same by one connection, for a test that asks often. */
  openSession(database: string): Promise<Session>;
  /** Throws a database away and puts a copy of another in its place, as a restored backup does. */
  copyDatabase(from: string, to: string): Promise<void>;
  /** Ends the connections to a database, as a restart of the server does. */
  cutConnections(database: string): Promise<void>;
  /** What the server wrote, in which it names statements that failed. */
  log(): string;
  stop(): Promise<void>;
}

export interface Session {
  query<Row extends object>(statement: string): Promise<Row[]>;
  end(): Promise<void>;
}

export interface Role {
  readonly name: string;
  readonly password: string;
}

export interface TestDatabase {
  readonly name: string;
  readonly owner: Role;
  readonly url: string;
  /** The address for another role. */
  urlFor(role: Role): string;
}

const superuser = 'postgres';

/** Starts the server that `findPostgres` has found; about 0.5 s. Throws where there is none. */
export async function startPostgres({
  certificates,
  settings = {},
  passwords,
}: PostgresOptions = {}): Promise<Postgres> {
  const found = findPostgres();
  if ('missing' in found) throw new Error(found.missing);
  const directory = mkdtempSync(join(realpathSync(placeInMemory()), 'codex-auth-postgres-'));
  let password = '';
  const port = await freePort();
  let server: ServerProcess | undefined;
  const connection = (database: string) => ({
    ...{ host: '127.0.0.1', port, user: superuser, password, database },
    ...(certificates === undefined ? {} : { ssl: { rejectUnauthorized: false } }),
  });

  async function openSession(database: string): Promise<Session> {
    const client = new pg.Client(connection(database));
    try {
      await client.connect();
    } catch (error) {
      await client.end();
      throw error;
    }
    return {
      query: async <Row extends object>(statement: string) => (await client.query<Row>(statement)).rows,
      end: () => client.end(),
    };
  }

  async function query<Row extends object>(database: string, statement: string): Promise<Row[]> {
    const session = await openSession(database);
    try {
      return await session.query<Row>(statement);
    } finally {
      await session.end();
    }
  }

  async function stop(): Promise<void> {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  }

  async function newRole(): Promise<Role> {
    const role = { name: `role_${randomBytes(6).toString('hex')}`, password: newPassword() };
    await query(superuser, `CREATE ROLE ${role.name} LOGIN PASSWORD '${role.password}'`);
    return role;
  }

  async function cutConnections(database: string): Promise<void> {
    await query(superuser, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
  }

  try {
    mkdirSync(join(directory, 'socket'));
    password = makeCluster(found.bin, directory);
    writeConfiguration(directory, { port, settings, certificates, passwords });
    server = startAsServer(directory, join(found.bin, 'postgres'), '-D', join(directory, 'data'));
    await untilItAnswers(() => query(superuser, 'SELECT 1'), server);
  } catch (error) {
    await stop();
    throw error;
  }

  const { log } = server;
  return {
    port,
    query,
    openSession,
    newRole,
    cutConnections,
    log,
    stop,
    async newDatabase() {
      const name = `db_${randomBytes(6).toString('hex')}`;
      const owner = await newRole();
      await query(superuser, `CREATE DATABASE ${name} OWNER ${owner.name}`);
      const urlFor = (role: Role) => `postgresql://${role.name}:${role.password}@127.0.0.1:${port}/${name}`;
      return { name, owner, url: urlFor(owner), urlFor };
    },
    async copyDatabase(from, to) {
      await cutConnections(from);
      await query(superuser, `DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
      await query(superuser, `CREATE DATABASE ${to} TEMPLATE ${from}`);
    },
  };
}

/** What a server starts with, and the superuser's password. A run of the tests makes it once, and copies it then. */
function makeCluster(bin: string, directory: string): string {
  const place = madeOnce('cluster', (made) => {
    initialise(bin, directory);
    for (const name of ['password', 'data']) cpSync(join(directory, name), join(made, name), { recursive: true });
  });
  if (place === undefined) initialise(bin, directory);
  else if (!existsSync(join(directory, 'data'))) cpSync(place, directory, { recursive: true });
  return readFileSync(join(directory, 'password'), 'utf8');
}

function initialise(bin: string, directory: string): void {
  writeFileSync(join(directory, 'password'), newPassword());
  giveToServer(directory);
  const access = ['--username', superuser, '--pwfile', join(directory, 'password'), '--auth', 'md5'];
  const words = ['-D', join(directory, 'data'), '--no-sync', '--locale=C', '-E', 'UTF8', ...access];
  runAsServer(directory, join(bin, 'initdb'), ...words);
}

function newPassword(): string {
  return randomBytes(12).toString('hex');
}

interface Configuration {
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly certificates: PostgresOptions['certificates'];
  readonly passwords: PostgresOptions['passwords'];
}

/** A small server without syncing, because nothing of it has to survive a crash. */
function writeConfiguration(directory: string, { port, settings, certificates, passwords }: Configuration): void {
  const data = join(directory, 'data');
  const way = passwords ?? 'scram-sha-256';
  const lines: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: join(directory, 'socket'),
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '16MB',
    max_connections: '50',
    password_encryption: way,
    ...settings,
  };
  if (certificates !== undefined) {
    writeFileSync(join(data, 'server.key'), certificates.key, { mode: 0o600 });
    writeFileSync(join(data, 'server.crt'), certificates.cert);
    Object.assign(lines, { ssl: 'on', ssl_key_file: 'server.key', ssl_cert_file: 'server.crt' });
  }
  const text = Object.entries(lines).map(([name, value]) => `${name} = '${value}'\n`);
  writeFileSync(join(data, 'postgresql.auto.conf'), text.join(''));
  const kind = certificates === undefined ? 'host' : 'hostssl';
  // Only the tests log in as the superuser.
  const rules = [`${kind} all ${superuser} 127.0.0.1/32 md5`, `${kind} all all 127.0.0.1/32 ${way}`];
  writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
  giveToServer(directory);
}

/** Waits for the server, which takes connections as soon as it has started up. */
async function untilItAnswers(ask: () => Promise<unknown>, { log }: ServerProcess): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === attempts) throw new Error(`the database server did not start: ${log()}`, { cause: error });
      await delay(pauseMs);
    }
  }
}

const attempts = 300;
const pauseMs = 50;
