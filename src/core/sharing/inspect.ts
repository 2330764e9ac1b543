import { AppError } from '../errors.js';
import { databaseAddress } from './address.js';
import { assertPool, lookInto } from './ask.js';
import { withDatabase } from './database.js';
import { schemaVersion } from './migrate.js';
import { readShare, type ShareRow, type ShareState } from './share-file.js';
import { defaultDeadlineMs, type ShareDeps } from './share-session.js';

export interface InspectedMachine {
  readonly id: string;
  readonly name: string;
  readonly isThis: boolean;
  /** By the clock of the server, milliseconds since the epoch. */
  readonly seenAt: number;
  /** How many logins it keeps. */
  readonly keeps: number;
}

/** What can be said of the pool without changing anything in it; `doctor` and `share status` show it. */
export interface ShareInspection {
  /** The first thing that is wrong. Facts that would have been found after it are absent. */
  readonly problem?: AppError;
  readonly transport?: 'tls' | 'loopback';
  /** The version of the server, as it states it. */
  readonly version?: string;
  readonly schema?: number;
  readonly keyMatches?: boolean;
  /** How far the clock of this machine is ahead of the server's, milliseconds. */
  readonly clockAheadMs?: number;
  /** Whether this role may write logins, and the connection is not read-only. */
  readonly mayWrite?: boolean;
  /** By the server's clock. */
  readonly now?: number;
  readonly machines: readonly InspectedMachine[];
  readonly rows: readonly ShareRow[];
}

type Draft = { -readonly [K in keyof ShareInspection]: ShareInspection[K] };

/** Never throws: what goes wrong is part of the answer. */
export async function inspectShare(deps: ShareDeps, deadlineMs = defaultDeadlineMs): Promise<ShareInspection> {
  const draft: Draft = { machines: [], rows: [] };
  try {
    const state = readShare(deps.root);
    if (state !== undefined) await inspect(deps, state, draft, deadlineMs);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    draft.problem = error;
  }
  return draft;
}

async function inspect(deps: ShareDeps, state: ShareState, draft: Draft, deadlineMs: number): Promise<void> {
  const { root, signal } = deps;
  draft.rows = state.rows;
  draft.transport = databaseAddress(state.url).transport;
  const key = await deps.key();
  await withDatabase(state.url, { clock: root.clock, deadlineMs, signal }, async (database) => {
    const [about] = await database.query(
      "SELECT current_setting('server_version') AS version, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
    );
    draft.version = String(about?.['version']);
    draft.now = Number(about?.['now']);
    draft.clockAheadMs = root.clock.now() - draft.now;
    draft.schema = await schemaVersion(database);
    const answer = await lookInto(database, state.revision);
    if (answer === undefined) return;
    draft.keyMatches = answer.key_id === key.id;
    assertPool(answer, key, state.poolId);
    const keeps = (id: string) => state.rows.filter((row) => row.state === 'live' && row.keeper === id).length;
    draft.machines = answer.machines.map(({ id, sealed_name: sealed, seen_at: seenAt }) => ({
      id,
      name: key.open(sealed, { id, part: 'machine', generation: 0 })?.reveal() ?? id,
      isThis: id === state.machine.id,
      seenAt,
      keeps: keeps(id),
    }));
    const [rights] = await database.query(
      "SELECT has_table_privilege('codex_auth.share_login', 'INSERT, UPDATE') AND current_setting('transaction_read_only') = 'off' AS may",
    );
    draft.mayWrite = rights?.['may'] === true;
  });
}
