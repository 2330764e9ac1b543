import type { Account } from '../accounts/account.js';
import type { ReportDraft } from './exchange-report.js';
import { printOf } from './local-logins.js';
import { baseOf, sealNotes } from './notes.js';
import type { PlannedRow, RoundPlan } from './round-plan.js';
import type { LoginRow } from './rows.js';
import { sealLogin } from './sealed-login.js';
import { rowOf, type ShareRow, withRows } from './share-file.js';
import type { ShareSession } from './share-session.js';
import { insertLogins, type LoginWrite, type NotesWrite, updateLogins, updateNotes } from './write-statements.js';

/** A write of one row, and what `share.json` remembers of the row once it is written. */
export interface PendingWrite {
  readonly write: LoginWrite;
  readonly after: ShareRow;
}

/** Pushes what is newer here: logins that this machine keeps, removals, notes. A row that has changed since waits. */
export async function writeRound(session: ShareSession, plan: RoundPlan, report: ReportDraft): Promise<void> {
  const pending = plan.rows.flatMap((planned) => writeOf(session, planned) ?? []);
  const pushed = await commitWrites(session, updateLogins, pending);
  for (const { id } of pending.map(({ write }) => write)) {
    const accountId = pushed.has(id) ? rowOf(session.state(), id)?.accountId : undefined;
    if (accountId !== undefined) report.changed(accountId, 'pushed');
  }
  await commitWrites(session, insertLogins, missingWrites(session, plan));
  await commitNotes(session, plan);
}

function writeOf(session: ShareSession, { row, account, known, step }: PlannedRow): PendingWrite | undefined {
  const state = rowOf(session.state(), row.id) ?? known;
  if (state === undefined) return undefined;
  switch (step) {
    case 'push':
      return (
        account && loginWrite(session, row, account, { ...state, generation: row.generation + 1, fence: row.fence })
      );
    case 'tombstone':
      return removalWrite(row, state);
    case 'reassert':
      return reassertion(session, row, state, account);
    default:
      return undefined;
  }
}

/** The login of a record, under the fence and the generation of `next`, kept by this machine. */
export function loginWrite(session: ShareSession, row: RowPosition, account: Account, next: ShareRow): PendingWrite {
  const keeper = session.state().machine.id;
  const parts = sealLogin(session.key, row.id, next.generation, account);
  const { fence, generation } = next;
  const { given: _, ...rest } = next;
  return {
    write: { ...expected(row), state: 'live', keeper, fence, generation, ...parts },
    after: { ...rest, accountId: account.id, role: 'keeper', state: 'live', keeper, print: printOf(row.id, account) },
  };
}

function removalWrite(row: LoginRow, state: ShareRow): PendingWrite {
  const { fence, generation, keeper } = row;
  const write = { ...expected(row), state: 'removed' as const, keeper, fence: fence + 1, generation };
  return {
    write: { ...write, sealed_login: null, sealed_refresh: null },
    after: { ...state, state: 'removed', role: 'copy', keeper, fence: fence + 1, generation },
  };
}

/** Writes what this machine knows over an older row, under a generation that no machine has seen yet. */
function reassertion(
  session: ShareSession,
  row: RowPosition,
  state: ShareRow,
  account: Account | undefined,
): PendingWrite | undefined {
  const generation = Math.max(row.generation, state.generation) + 1;
  const next = { ...state, generation };
  if (state.state !== 'live') {
    const { state: ended, keeper, fence } = state;
    const write = { ...expected(row), state: ended, keeper, fence, generation };
    return { write: { ...write, sealed_login: null, sealed_refresh: null }, after: next };
  }
  if (state.role === 'keeper' && account !== undefined) return loginWrite(session, row, account, next);
  const parts = resealed(session, state, generation);
  if (parts === undefined || state.given === undefined) return undefined;
  // While the login is being released its token may still be here. The next keeper is named once it has been taken out.
  const keeper = state.role === 'releasing' ? state.keeper : state.given.to;
  return {
    write: { ...expected(row), state: 'live', keeper, fence: state.fence, generation, ...parts },
    after: { ...next, keeper, given: { to: state.given.to, ...parts } },
  };
}

function resealed({ key }: ShareSession, { id, given, generation: before }: ShareRow, generation: number) {
  if (given === undefined) return undefined;
  const login = key.open(given.sealed_login, { id, part: 'login', generation: before });
  const refresh = key.open(given.sealed_refresh, { id, part: 'refresh', generation: before });
  if (login === undefined || refresh === undefined) return undefined;
  return {
    sealed_login: key.seal(login.reveal(), { id, part: 'login', generation }),
    sealed_refresh: key.seal(refresh.reveal(), { id, part: 'refresh', generation }),
  };
}

/** Rows that the database has forgotten. A machine that knows the newest state of one puts it back. */
function missingWrites(session: ShareSession, { missing }: RoundPlan): PendingWrite[] {
  return missing.flatMap(({ known, account }) => reassertion(session, known, known, account) ?? []);
}

type RowPosition = Pick<LoginRow, 'id' | 'keeper' | 'fence' | 'generation'>;

export function expected({ id, keeper, fence, generation }: RowPosition) {
  return { id, known_keeper: keeper, known_fence: fence, known_generation: generation };
}

/** Writes rows, and remembers those that the database has taken. Returns their ids. */
export async function commitWrites(
  session: ShareSession,
  statement: string,
  pending: readonly PendingWrite[],
): Promise<ReadonlySet<string>> {
  if (pending.length === 0) return new Set();
  const written = await writeList(
    session,
    statement,
    pending.map(({ write }) => write),
  );
  const after = pending.filter(({ write }) => written.has(write.id)).map((each) => each.after);
  if (after.length > 0) session.save(withRows(session.state(), after));
  return written;
}

/** Runs one of the statements that take a list. Returns the ids of the rows that were as expected, and are changed. */
export async function writeList(
  { database, state, save }: ShareSession,
  statement: string,
  list: readonly object[],
): Promise<ReadonlySet<string>> {
  const done = await database.query(statement, [JSON.stringify(list)]);
  const revision = Number(done[0]?.['revision']);
  // No other machine has written in between: after this write nothing is new to this machine.
  if (revision === state().revision + 1) save({ ...state(), revision });
  return new Set(done.map(({ id }) => String(id)));
}

async function commitNotes(session: ShareSession, { rows }: RoundPlan): Promise<void> {
  const news = rows.filter(({ notes, step }) => notes?.isNews === true && step !== 'tombstone');
  if (news.length === 0) return;
  const writes = news.map(({ row, notes }): NotesWrite => {
    const generation = row.notes_generation + 1;
    const sealed = sealNotes(session.key, row.id, generation, notes?.merged ?? {});
    return { id: row.id, known_notes: row.notes_generation, sealed_notes: sealed };
  });
  const written = await writeList(session, updateNotes, writes);
  const after = news.flatMap(({ row, notes }) => {
    const known = rowOf(session.state(), row.id);
    if (known === undefined || !written.has(row.id)) return [];
    return [{ ...known, notesGeneration: row.notes_generation + 1, notes: baseOf(notes?.merged ?? {}) }];
  });
  session.save(withRows(session.state(), after));
}
