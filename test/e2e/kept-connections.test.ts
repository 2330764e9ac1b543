import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { KeptConnections } from '../support/postgres/kept-connections.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable, type Unreliable } from '../support/postgres/unreliable.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf('missing' in found)(`connections that outlive their clients${why}`, () => {
  let postgres: Postgres;
  let kept: KeptConnections;
  let way: Unreliable;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres({ passwords: 'md5' });
    kept = new KeptConnections(postgres.port);
    way = await startUnreliable(postgres.port, kept);
    url = way.through((await postgres.newDatabase()).url);
  });
  afterAll(async () => {
    await way.stop();
    kept.stop();
    await postgres.stop();
  });

  async function connect(to = url): Promise<pg.Client> {
    const client = new pg.Client(to);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  const patiently = { timeout: 60_000 };
  const ask = async (client: pg.Client, statement: string) => (await client.query(statement)).rows[0]?.it;
  const own = (client: pg.Client) => ask(client, 'SELECT pg_backend_pid() AS it');

  /** Ends a client whose connection is kept, and returns the pid of the server's process for it. */
  async function keep(statement = 'SELECT 1'): Promise<number> {
    const client = await connect();
    await client.query(statement);
    const pid = await own(client);
    await client.end();
    await expect.poll(() => stateOf(pid), patiently).toBe('idle: DISCARD ALL');
    return pid;
  }

  async function stateOf(pid: number): Promise<string | undefined> {
    const rows = await postgres.query<{ it: string }>(
      'postgres',
      `SELECT state || ': ' || query AS it FROM pg_stat_activity WHERE pid = ${pid}`,
    );
    return rows[0]?.it;
  }

  it('are as new for the next one', async () => {
    const pid = await keep("CREATE TEMP TABLE left_behind (one int); SET timezone TO 'Asia/Tokyo'; LISTEN news");
    const next = await connect();
    expect(await own(next)).toBe(pid);
    expect(await ask(next, "SELECT to_regclass('left_behind') AS it")).toBeNull();
    expect(await ask(next, 'SHOW timezone')).not.toBe('Asia/Tokyo');
    expect(await ask(next, 'SELECT count(*)::int AS it FROM pg_listening_channels()')).toBe(0);
    await next.end();
  });

  it('ask for the password each time', async () => {
    await keep();
    await expect(connect(url.replace(/:[^:@]+@/, ':wrong@'))).rejects.toThrow();
  });

  it('end with whoever leaves in the middle of something', async () => {
    const client = await connect();
    const pid = await own(client);
    await client.query('BEGIN');
    await client.query('CREATE TABLE half_done (one int)');
    await client.end();
    await expect.poll(() => stateOf(pid), patiently).toBeUndefined();
    const next = await connect();
    expect(await ask(next, "SELECT to_regclass('half_done') AS it")).toBeNull();
    await next.end();
  });

  it('end with a client that is cut', async () => {
    way.setFault({ kind: 'cut', at: 40 });
    const client = await connect();
    way.setFault(undefined);
    const pid = await own(client);
    await expect(client.query('SELECT generate_series(1, 100)')).rejects.toThrow();
    await expect.poll(() => stateOf(pid), patiently).toBeUndefined();
  });
});
