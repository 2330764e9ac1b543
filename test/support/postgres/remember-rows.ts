import { systemClock } from '../../../src/core/clock.js';
import type { Postgres, Session } from './server.js';

/**
 * Returns a function that brings a schema back to the rows that it has now, once nobody is connected any more. A copy
 * of the whole database would make the server wait a tenth of a second each time.
 */
export async function rememberRows(postgres: Postgres, database: string, schema: string): Promise<() => Promise<void>> {
  const found = await postgres.query<{ readonly tablename: string }>(
    database,
    `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}'`,
  );
  const tables = found.map(({ tablename }) => tablename);
  const copies = `${schema}_before`;
  const copying = tables.map((table) => `CREATE TABLE ${copies}.${table} AS TABLE ${schema}.${table};`);
  await postgres.query(database, [`CREATE SCHEMA ${copies};`, ...copying].join(' '));
  const emptying =
    tables.length === 0
      ? `DROP SCHEMA IF EXISTS ${schema} CASCADE;`
      : `TRUNCATE ${tables.map((table) => `${schema}.${table}`).join(', ')};`;
  const filling = tables.map((table) => `INSERT INTO ${schema}.${table} TABLE ${copies}.${table};`);
  return async () => {
    const session = await postgres.openSession(database);
    try {
      await endOthers(session);
      await session.query([emptying, ...filling].join(' '));
    } finally {
      await session.end();
    }
  };
}

/** Ends other connections: a killed client may have left a statement, which the server would otherwise run later. */
async function endOthers(session: Session): Promise<void> {
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  while ((await session.query(others)).length > 0) await systemClock.sleep(5);
}
