import type { Client } from 'pg';
import type { Clock } from '../clock.js';
import { AppError, systemErrorCode } from '../errors.js';
import { startDeadline } from '../http/deadline.js';
import { printable } from '../printable.js';
import type { Secret } from '../secret.js';
import { type DatabaseAddress, databaseAddress } from './address.js';
import { schemaName } from './schema.js';
import { shareProblem } from './share-problem.js';

export interface DatabaseOptions {
  readonly clock: Clock;
  /** For connecting and for every statement together, milliseconds. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** One connection. Each statement is a transaction of its own, so that a pooler may stand between. */
export interface ShareDatabase {
  readonly address: DatabaseAddress;
  /** One round trip, without a named prepared statement. Throws an `AppError` for whatever goes wrong. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Runs several statements without values, in one transaction. */
  script(sql: string): Promise<void>;
  /** Calls `onNews` at each announcement on a channel, for as long as the connection lasts. */
  listen(channel: string, onNews: () => void): Promise<void>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Opens a connection for a task. This loads the driver: import this file only where a pool is shared. */
export async function withDatabase<T>(
  url: Secret,
  options: DatabaseOptions,
  task: (database: ShareDatabase) => Promise<T>,
): Promise<T> {
  const address = databaseAddress(url);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...address.config, connectionTimeoutMillis: Math.min(options.deadlineMs, 30_000) });
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  // A connection that breaks between two statements is noticed by the next one.
  client.on('error', () => undefined);
  const interruption = interruptionOf(options, address, client);
  try {
    const work = connectAndRun(client, { address, ended }, task);
    return await Promise.race([work, interruption.happened]);
  } finally {
    interruption.end();
    void client.end().catch(() => undefined);
    if (interruption.isOver()) cut(client);
  }
}

async function connectAndRun<T>(
  client: Client,
  about: Pick<ShareDatabase, 'address' | 'ended'>,
  task: (database: ShareDatabase) => Promise<T>,
): Promise<T> {
  await translated(about.address, () => client.connect());
  return task(openDatabase(client, about));
}

function openDatabase(client: Client, about: Pick<ShareDatabase, 'address' | 'ended'>): ShareDatabase {
  const { address } = about;
  return {
    ...about,
    query: (sql, values = []) => translated(address, async () => rowsIn(await client.query(sql, [...values]), address)),
    script: (sql) =>
      translated(address, async () => {
        // The simple protocol makes one transaction of statements that are sent together.
        await client.query(sql);
      }),
    async listen(channel, onNews) {
      client.on('notification', (news) => {
        if (news.channel === channel) onNews();
      });
      await translated(address, () => client.query(`LISTEN ${channel}`));
    },
  };
}

/** A server that answers twice, or something else than it was asked, is not believed. */
function rowsIn(result: unknown, { shown }: DatabaseAddress): readonly Record<string, unknown>[] {
  const rows = Object(result) as { readonly rows?: unknown };
  if (Array.isArray(rows.rows)) return rows.rows;
  const message = `the database at ${shown} answered something that is no answer`;
  throw shareProblem('damaged', message, 'codex-auth share sync');
}

/** Ends the connection without a farewell: a server that does not answer is not waited for. */
function cut(client: Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  stream.destroy();
}

interface Interruption {
  readonly happened: Promise<never>;
  isOver(): boolean;
  end(): void;
}

function interruptionOf(
  { deadlineMs, signal }: DatabaseOptions,
  { shown }: DatabaseAddress,
  client: Client,
): Interruption {
  let isOver = false;
  let reject: (reason: unknown) => void = () => undefined;
  const happened = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  happened.catch(() => undefined);
  const stop = (reason: unknown) => {
    isOver = true;
    reject(reason);
    cut(client);
  };
  const onAbort = () => stop(signal?.reason);
  const endDeadline = startDeadline(deadlineMs, () => stop(timedOut(shown, deadlineMs)));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    happened,
    isOver: () => isOver,
    end() {
      endDeadline();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function timedOut(shown: string, deadlineMs?: number): AppError {
  const time = deadlineMs === undefined ? 'in time' : `within ${Math.ceil(deadlineMs / 1000)} s`;
  return new AppError('timeout', `the database at ${shown} did not answer ${time}`, {
    hint: 'check the address, the network and that the server runs; the accounts on this machine go on working without it',
  });
}

async function translated<T>(address: DatabaseAddress, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof AppError ? error : problemOf(error, address);
  }
}

/** SQLSTATE, see appendix A of the PostgreSQL manual. */
function problemOf(error: unknown, address: DatabaseAddress): AppError {
  const { shown, transport } = address;
  const state = systemErrorCode(error) ?? '';
  const said = error instanceof Error ? printable(error.message.split('\n')[0] ?? '') : '';
  // With these words the driver says that the connection was not made in time.
  if (said === 'timeout expired') return timedOut(shown);
  const about = (message: string) => `the database at ${shown} ${message}`;
  if (/^28/.test(state)) {
    return new AppError('not-allowed', about(`refused the user or the password: ${said}`), {
      hint: 'give the right address: codex-auth share join <url>, or share init <url> for a new pool',
    });
  }
  if (state === '42501' || state === '25006') {
    const hint = 'give its role the rights of docs/shared-pool.sql, then codex-auth share sync';
    return new AppError('not-allowed', about(`does not let this role write: ${said}`), { hint, details: { state } });
  }
  if (state === '3D000') return new AppError('usage', about('does not exist'), { hint: 'create the database first' });
  if (['42P01', '3F000'].includes(state)) {
    return shareProblem('no-schema', about('holds no shared pool'), 'codex-auth share init <url>');
  }
  if (/^(42|22|23)/.test(state)) {
    return shareProblem(
      'other-schema',
      about(`has another "${schemaName}" than this program makes: ${said}`),
      'name another database',
    );
  }
  if (transport === 'tls' && isAboutTls(error, said)) {
    return new AppError('not-allowed', about(`could not prove who it is: ${said}`), {
      hint: 'name the authority of its certificate: ?sslrootcert=/path/to/ca.pem',
    });
  }
  return new AppError('offline', `cannot work with the database at ${shown}: ${said || state}`, {
    hint: 'check the address, the network and that the server runs; the accounts on this machine go on working without it',
    details: state === '' ? {} : { state },
  });
}

function isAboutTls(error: unknown, said: string): boolean {
  const code = systemErrorCode(error) ?? '';
  return /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY/.test(code) || /does not support SSL/i.test(said);
}
