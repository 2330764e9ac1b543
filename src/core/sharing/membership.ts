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
      const message = 'there is a shared pool in this database already';
      throw shareProblem('already-there', message, 'codex-auth share join <url>');
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

/**
 * Reaches the pool that this machine is in at another address from now on, as after its password was changed or its
 * database has moved. Throws `shared-pool` where another pool or none is there, with the address of before in place.
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
  /** What this machine keeps is left to whoever takes it, instead of staying with this machine alone. */
  readonly give: boolean;
  readonly deadlineMs?: number;
}

/** Takes part no more. What is only a copy here lives until its access token ends. Throws where the pool cannot be reached. */
export async function leaveShare(deps: ShareDeps, { give, deadlineMs = defaultDeadlineMs }: Leaving): Promise<void> {
  const report = new ReportDraft();
  // What was being given away when somebody was killed is in no hand here: it goes where it should.
  await exchangeInto(deps, report, { deadlineMs });
  if (give) await giveAll(deps, report, deadlineMs);
  await withShare(deps, deadlineMs, async (session) => {
    await playRound(session, report);
    if (!give) await withdrawAll(session);
    await session.database.query('DELETE FROM codex_auth.share_machine WHERE id = $1', [session.state().machine.id]);
  });
  await forgetShare(deps);
}

/** The same without the database, for one that is gone: nothing is changed in it. */
export async function forgetShare(deps: Pick<ShareDeps, 'root' | 'signal'>): Promise<void> {
  await withShareLock(deps, defaultDeadlineMs, () => {
    rmSync(deps.root.paths.share, { force: true });
    return Promise.resolve();
  });
}

/** Handed over to nobody, in the same steps as to another machine. Throws where one cannot leave. */
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
