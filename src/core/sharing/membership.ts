import { rmSync } from 'node:fs';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { assertPool, firstTurn, keyProof, lookInto, newMachineId, register } from './ask.js';
import { type ShareDatabase, withDatabase } from './database.js';
import { exchange, exchangeInto } from './exchange.js';
import { type ExchangeReport, ReportDraft } from './exchange-report.js';
import { anybody } from './hand-over.js';
import { migrate } from './migrate.js';
import { playRound } from './round.js';
import { settleLogin } from './settle-login.js';
import { readShare, type ShareState, writeShare } from './share-file.js';
import type { ShareKey } from './share-key.js';
import { withdrawAll } from './share-logins.js';
import { joinedAlready, noSchema, notJoined, shareProblem } from './share-problem.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShare, withShareLock } from './share-session.js';
import { writeList } from './write-round.js';
import { wishLogins } from './write-statements.js';

export interface Joining {
  readonly url: Secret;
  readonly key: ShareKey;
  /** How this machine is called on the others; its host name by default. */
  readonly machineName?: string;
  /** The time that the database has, milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Makes a shared pool in a database, with this machine as its first. Throws `shared-pool` where the database holds a
 * pool already, or this machine takes part in one.
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
      const message = 'there is a shared pool in this database already';
      throw shareProblem('already-there', message, 'codex-auth share join <url>');
    }
    return poolId;
  });
}

/**
 * Joins a pool that another machine has made, and brings its logins. Throws `shared-pool` with nothing joined, or the
 * error of the first exchange, with the pool joined.
 */
export async function joinShare(deps: ShareDeps, joining: Joining): Promise<ExchangeReport> {
  await enter(deps, joining, async (database) => {
    const { key } = joining;
    const answer = await lookInto(database);
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
        // Written first: after a kill in between the next exchange registers this id, and no unused one stays there.
        writeShare(root, state);
        await register(session);
        return state;
      });
    } catch (error) {
      // Without an answer the machine may be registered already, so that its id is kept for the next exchange.
      if (!isUnanswered(error)) rmSync(root.paths.share, { force: true });
      throw error;
    }
  });
}

function isUnanswered(error: unknown): boolean {
  return error instanceof AppError && ['offline', 'timeout', 'interrupted'].includes(error.code);
}

/**
 * Stores another address of the pool that this machine is in, as after its password was changed or its database has
 * moved. Throws `shared-pool` where that address has another pool or none; the old address stays then.
 */
export async function changeAddress(deps: ShareDeps, url: Secret, deadlineMs = defaultDeadlineMs): Promise<void> {
  const { root, signal } = deps;
  const key = await deps.key();
  await withShareLock(deps, deadlineMs, async () => {
    const state = readShare(root);
    if (state === undefined) throw notJoined();
    await withDatabase(url, { clock: root.clock, deadlineMs, signal }, async (database) => {
      const answer = await lookInto(database);
      if (answer === undefined) throw noSchema();
      assertPool(answer, key, state.poolId);
    });
    writeShare(root, { ...state, url });
  });
}

interface Leaving {
  /** The logins that this machine keeps are left for other machines to take, instead of staying here alone. */
  readonly give: boolean;
  readonly deadlineMs?: number;
}

/** Leaves the pool. Copies of logins work until their access tokens end. Throws where the pool cannot be reached. */
export async function leaveShare(deps: ShareDeps, { give, deadlineMs = defaultDeadlineMs }: Leaving): Promise<void> {
  const report = new ReportDraft();
  // Finishes what a killed process was giving away: such a login can neither stay here nor be withdrawn.
  await exchangeInto(deps, report, { deadlineMs });
  if (give) await giveAll(deps, report, deadlineMs);
  await withShare(deps, deadlineMs, async (session) => {
    await playRound(session, report);
    if (!give) await withdrawAll(session);
    await session.database.query('DELETE FROM codex_auth.share_machine WHERE id = $1', [session.state().machine.id]);
  });
  await forgetShare(deps);
}

/** Leaves the pool without its database, which may be gone: nothing is changed there. */
export async function forgetShare(deps: Pick<ShareDeps, 'root' | 'signal'>): Promise<void> {
  await withShareLock(deps, defaultDeadlineMs, () => {
    rmSync(deps.root.paths.share, { force: true });
    return Promise.resolve();
  });
}

/** Hands all logins over to no machine, in the same steps as to another one. Throws where one of them cannot leave. */
async function giveAll(deps: ShareDeps, report: ReportDraft, deadlineMs: number): Promise<void> {
  const { plan } = await withShare(deps, deadlineMs, (session) => playRound(session, report));
  const mine = plan.rows.filter(({ known }) => known?.role === 'keeper' && known.state === 'live');
  await withShare(deps, deadlineMs, (session) =>
    offer(
      session,
      mine.map(({ row }) => row.id),
    ),
  );
  for (const planned of mine) await settleLogin(deps, planned, report, deadlineMs);
  if (readShare(deps.root)?.rows.every(({ role, state }) => role === 'copy' || state !== 'live')) return;
  const [first] = report.finish(undefined).notices.filter(({ kind }) => kind === 'not-handed-over');
  throw new AppError('not-allowed', first?.message ?? 'a login that is kept here could not be given away now', {
    hint: 'codex-auth share leave, without --give',
  });
}

async function offer(session: ShareSession, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const wishes = ids.map((id) => ({ id, wanted_by: anybody }));
  await writeList(session, wishLogins, wishes);
}
