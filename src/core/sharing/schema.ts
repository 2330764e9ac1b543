/** The schema that holds everything; nothing outside of it is touched. */
export const schemaName = 'codex_auth';

/** The channel on which a change is announced; the message is the revision. */
export const newsChannel = 'codex_auth_share';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Makes the table of the migrations, first and under their lock. */
export const migrationTable = `CREATE SCHEMA IF NOT EXISTS codex_auth;
CREATE TABLE IF NOT EXISTS codex_auth.share_migration (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);`;

/**
 * What makes the schema of each version out of the one before. A person can run the same by hand: docs/shared-pool.sql,
 * which a test compares with this. A version that has been released never changes.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `-- The pool: one row. The revision counts writes, in the order in which they are committed.
CREATE TABLE codex_auth.share_pool (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  pool_id text NOT NULL,
  key_id text NOT NULL,
  key_proof text NOT NULL,
  revision bigint NOT NULL DEFAULT 0
);
-- The machines. The turn is renewed at each exchange: two machines that go by one name are told apart by it.
CREATE TABLE codex_auth.share_machine (
  id text PRIMARY KEY,
  sealed_name text NOT NULL,
  turn text NOT NULL,
  joined_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
-- The logins: sealed, under a keyed hash of whose they are.
CREATE TABLE codex_auth.share_login (
  id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('live', 'removed', 'withdrawn')),
  keeper text,
  fence bigint NOT NULL,
  generation bigint NOT NULL,
  sealed_login text NOT NULL,
  sealed_refresh text,
  notes_generation bigint NOT NULL DEFAULT 0,
  sealed_notes text,
  wanted_by text,
  wanted_at timestamptz,
  asked_by text,
  asked_generation bigint,
  asked_at timestamptz,
  written_at timestamptz NOT NULL DEFAULT now(),
  revision bigint NOT NULL
);
CREATE INDEX share_login_revision ON codex_auth.share_login (revision);`,
  },
];

export const currentSchema = 1;
