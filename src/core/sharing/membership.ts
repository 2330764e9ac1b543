import { rmSync } from 'node:fs';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { assertPool, keyProof, newMachineId, register } from './ask.js';
import { type ShareDatabase, withDatabase } from './database.js';
import { exchange } from './exchange.js';
import type { ExchangeReport } from './exchange-report.js';
import { exchangeStatement } from './exchange-statement.js';
import { migrate } from './migrate.js';
import { readAnswer } from './rows.js';
import { readShare, type ShareState, writeShare } from './share-file.js';
import type { ShareKey } from './share-key.js';
import { joinedAlready, noSchema, shareProblem } from './share-problem.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShareLock } from './share-session.js';
import { firstTurn } from './turn.js';

export interface Joining {
  readonly url: Secret;
  readonly key: ShareKey;
  /** How this machine is called on the others; its host name by default. */
  readonly machineName?: string;
  /** For the database, milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Makes a shared pool in an empty database, with this machine as its first. Throws `shared-pool` where one is there already, or
 * this machine takes part in one.
 */
export function initShare(deps: ShareDeps, joining: Joining): Promise<ShareState> {
  return enter(deps, joining, async (database) => {
    await migrate(database);
    const poolId = newMachineId();
    const { key } = joining;
    const done = await database.query(
      'INSERT INTO codex_auth.share_pool (pool_id, key_id, key_proof) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING pool_id',
      [poolId, key.id, keyProof(key, poolId)],
    );
    if (done.length === 0) {
      throw shareProblem(
        'already-there',
        'there is a shared pool in this database already',
        'codex-auth share join <url>',
      );
    }
    return poolId;
  });
}

/**
 * Takes part in a pool that another machine has made, and brings its logins. Throws `shared-pool` with nothing joined, and what
 * the database comes to afterwards.
 */
export async function joinShare(deps: ShareDeps, joining: Joining): Promise<ExchangeReport> {
  await enter(deps, joining, async (database) => {
    const { key } = joining;
    const answer = readAnswer(
      await database.query(exchangeStatement, ['', [], '', Number.MAX_SAFE_INTEGER, [], 0, []]),
    );
    if (answer === undefined) throw noSchema();
    assertPool(answer, key, undefined);
    return answer.pool_id;
  });
  const { key, deadlineMs = defaultDeadlineMs } = joining;
  return exchange({ ...deps, key: () => Promise.resolve(key) }, { deadlineMs });
}

async function enter(
  deps: ShareDeps,
  { url, key, machineName = deps.root.processes.self.host, deadlineMs = defaultDeadlineMs }: Joining,
  openPool: (database: ShareDatabase) => Promise<string>,
): Promise<ShareState> {
  const { root, signal } = deps;
  return withShareLock(deps, deadlineMs, async () => {
    if (readShare(root) !== undefined) throw joinedAlready();
    try {
      return await withDatabase(url, { clock: root.clock, deadlineMs, signal }, async (database) => {
        const poolId = await openPool(database);
        const machine = { id: newMachineId(), name: machineName, turn: firstTurn() };
        const state: ShareState = { url, poolId, keyId: key.id, machine, revision: -1, machines: {}, rows: [] };
        const session: ShareSession = { deps, key, database, state: () => state, save: () => undefined };
        // First, because one that is killed in between is registered by its next exchange: nobody stays behind under its name.
        writeShare(root, state);
        await register(session);
        return state;
      });
    } catch (error) {
      // Whoever got no answer may be registered by now: another attempt under another id would leave that one behind.
      if (!isUnanswered(error)) rmSync(root.paths.share, { force: true });
      throw error;
    }
  });
}

function isUnanswered(error: unknown): boolean {
  return error instanceof AppError && ['offline', 'timeout', 'interrupted'].includes(error.code);
}
