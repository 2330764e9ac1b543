import type { ShareDatabase } from './database.js';
import { currentSchema, migrations, migrationTable } from './schema.js';
import { newerSchema, shareProblem } from './share-problem.js';

/** The number of the lock that a migration holds until its transaction ends. Any would do, but it must never change. */
const migrationLock = 7_305_918_422;

/**
 * Brings the schema to the version of this program: one transaction under a lock, so that of several machines one does
 * it, and a connection that is cut leaves nothing half done. Throws `shared-pool` for a newer schema, or another
 * program's.
 */
export async function migrate(database: ShareDatabase): Promise<void> {
  const before = await schemaVersion(database);
  if (before > currentSchema) throw newerSchema(before);
  if (before === currentSchema) return;
  const steps = migrations.map(({ version, sql }) => migrationStep(version, sql));
  const lock = `SELECT pg_advisory_xact_lock(${migrationLock});`;
  await database.script(['BEGIN;', lock, migrationTable, ...steps, 'COMMIT;'].join('\n'));
}

/** Another machine may have made the same step while this one waited for the lock. */
function migrationStep(version: number, sql: string): string {
  return `DO $migration$ BEGIN
  IF NOT EXISTS (SELECT FROM codex_auth.share_migration WHERE version = ${version}) THEN
${sql}
INSERT INTO codex_auth.share_migration (version) VALUES (${version});
  END IF;
END $migration$;`;
}

/** 0 where nothing is there yet. Throws `shared-pool` where the schema of that name is another program's. */
export async function schemaVersion(database: ShareDatabase): Promise<number> {
  const [found] = await database.query(`SELECT
    to_regclass('codex_auth.share_migration') IS NOT NULL AS ours,
    EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('codex_auth')) AS used`);
  if (found?.['ours'] === true) {
    const [row] = await database.query('SELECT coalesce(max(version), 0) AS version FROM codex_auth.share_migration');
    return Number(row?.['version']);
  }
  if (found?.['used'] !== true) return 0;
  const message = 'the schema codex_auth of this database belongs to another program';
  throw shareProblem('other-schema', message, 'name another database');
}
