import { newsChannel } from './schema.js';

// Each is one statement, hence one transaction. All of them first lock the row of the pool: so revisions are given out
// in the order of the commits, and a machine that has seen one revision has missed none before it. Each takes a JSON
// list and returns the ids of the changed rows; a row that another machine has changed meanwhile is left alone.

const counted = 'counted AS (UPDATE codex_auth.share_pool SET revision = revision + 1 RETURNING revision)';
const announced = `SELECT done.id, done.revision::float8 AS revision, pg_notify('${newsChannel}', done.revision::text) FROM done`;

/** What a row is expected to be before it is written. */
export interface Expected {
  readonly id: string;
  readonly known_keeper: string | null;
  readonly known_fence: number;
  readonly known_generation: number;
}

const isExpected = `l.id = i.id AND l.fence = i.known_fence AND l.generation = i.known_generation
    AND l.keeper IS NOT DISTINCT FROM i.known_keeper`;

/** The new state of a row. */
export interface LoginWrite extends Expected {
  readonly state: 'live' | 'removed' | 'withdrawn';
  readonly keeper: string | null;
  readonly fence: number;
  readonly generation: number;
  /** Null leaves the sealed text of the row as it is, here and in `sealed_refresh`. */
  readonly sealed_login: string | null;
  readonly sealed_refresh: string | null;
}

/** A change of keeper ends every wish. `asked_by` stays: the answer to that request may still come. */
export const updateLogins = `
WITH ${counted}, input AS (
  SELECT * FROM json_to_recordset($1::json) AS i (id text, known_keeper text, known_fence bigint, known_generation bigint,
    state text, keeper text, fence bigint, generation bigint, sealed_login text, sealed_refresh text)
), done AS (
  UPDATE codex_auth.share_login l SET state = i.state, keeper = i.keeper, fence = i.fence, generation = i.generation,
    sealed_login = coalesce(i.sealed_login, l.sealed_login), sealed_refresh = coalesce(i.sealed_refresh, l.sealed_refresh),
    wanted_by = CASE WHEN i.keeper IS DISTINCT FROM l.keeper THEN NULL ELSE l.wanted_by END,
    wanted_at = CASE WHEN i.keeper IS DISTINCT FROM l.keeper THEN NULL ELSE l.wanted_at END,
    written_at = clock_timestamp(), revision = counted.revision
  FROM input i, counted WHERE ${isExpected}
  RETURNING l.id, l.revision
) ${announced}`;

export const insertLogins = `
WITH ${counted}, input AS (
  SELECT * FROM json_to_recordset($1::json) AS i (id text, state text, keeper text, fence bigint, generation bigint,
    sealed_login text, sealed_refresh text)
), done AS (
  INSERT INTO codex_auth.share_login (id, state, keeper, fence, generation, sealed_login, sealed_refresh, revision)
  SELECT i.id, i.state, i.keeper, i.fence, i.generation, i.sealed_login, i.sealed_refresh, counted.revision
  FROM input i, counted
  ON CONFLICT (id) DO NOTHING
  RETURNING id, revision
) ${announced}`;

/** The notes of an account. Any machine that knows newer ones writes them, keeper or not. */
export interface NotesWrite {
  readonly id: string;
  readonly known_notes: number;
  readonly sealed_notes: string;
}

export const updateNotes = `
WITH ${counted}, input AS (
  SELECT * FROM json_to_recordset($1::json) AS i (id text, known_notes bigint, sealed_notes text)
), done AS (
  UPDATE codex_auth.share_login l SET sealed_notes = i.sealed_notes, notes_generation = i.known_notes + 1,
    written_at = clock_timestamp(), revision = counted.revision
  FROM input i, counted WHERE l.id = i.id AND l.notes_generation = i.known_notes
  RETURNING l.id, l.revision
) ${announced}`;

/** Notes which machine would like to keep a login. The list holds ids of rows and of machines. */
export const wishLogins = `
WITH ${counted}, input AS (
  SELECT * FROM json_to_recordset($1::json) AS i (id text, wanted_by text)
), done AS (
  UPDATE codex_auth.share_login l SET wanted_by = i.wanted_by, wanted_at = clock_timestamp(), revision = counted.revision
  FROM input i, counted WHERE l.id = i.id AND l.state = 'live' AND l.keeper IS DISTINCT FROM i.wanted_by
  RETURNING l.id, l.revision
) ${announced}`;
