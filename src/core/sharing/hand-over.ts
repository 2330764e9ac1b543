import { type Account, describeAccount } from '../accounts/account.js';
import { logLineage } from '../lineage/lineage-log.js';
import { letGo } from '../logins/let-go.js';
import { withStore } from '../logins/with-store.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import type { ReportDraft } from './exchange-report.js';
import type { PlannedRow } from './round-plan.js';
import { rowOf, type ShareRow, withRows } from './share-file.js';
import type { ShareDeps, ShareSession } from './share-session.js';
import { commitWrites, expected, loginWrite, type PendingWrite } from './write-round.js';
import { updateLogins } from './write-statements.js';

/** The wish of no machine in particular: the row then names no keeper, and any machine may take the login. */
export const anybody = 'anybody';

type Obstacle = (deps: ShareDeps, account: Account, token: Secret) => Promise<string | undefined>;

/*
 * A refresh token goes from one machine to another in four steps, and a kill may come after each:
 * 1. its newest state is pushed, while this machine is still the keeper;
 * 2. share.json says that it is being released, and has it sealed: from here on this machine never sends it;
 * 3. it leaves the homes of the official client, the records, and every copy in the root;
 * 4. the row names the next keeper, under the next fence. Only then that machine opens it.
 * So two machines never have it at the same time, and the pool always has it.
 */

/** Needs the lock of the person. Returns whether to play another round, because something has changed. */
export async function handOver(
  session: ShareSession,
  planned: PlannedRow,
  all: readonly PlannedRow[],
  report: ReportDraft,
  obstacleTo: Obstacle,
): Promise<boolean> {
  if (planned.step === 'finish-release') return finish(session, releasedWith(session, planned.row.id), report);
  const { account } = planned;
  const token = account?.tokens.refreshToken;
  if (account === undefined || token === undefined) return false;
  const obstacle = await obstacleTo(session.deps, account, token);
  if (obstacle !== undefined) {
    report.notice({
      kind: 'not-handed-over',
      message: `${describeAccount(account)} is wanted by another machine, and cannot leave this one now: ${obstacle}`,
    });
    return false;
  }
  const group = groupOf(session, planned, all, token);
  const pushed = await pushGroup(session, group);
  if (pushed === undefined) return true;
  release(session, pushed, planned.row.wanted_by === anybody ? null : planned.row.wanted_by);
  return finish(
    session,
    pushed.map(({ write }) => write.id),
    report,
  );
}

interface Member {
  readonly row: Parameters<typeof loginWrite>[1];
  readonly account: Account;
  readonly known: ShareRow;
}

/** Workspaces of one login go together. */
function groupOf(session: ShareSession, planned: PlannedRow, all: readonly PlannedRow[], token: Secret): Member[] {
  const ids = new Set([planned.row.id]);
  const rows = [planned, ...all.filter(({ row }) => row.id !== planned.row.id)];
  return rows.flatMap(({ row, account }) => {
    const known = rowOf(session.state(), row.id);
    if (account === undefined || known === undefined || known.role !== 'keeper') return [];
    if (!ids.has(row.id) && !token.equals(account.tokens.refreshToken)) return [];
    return [{ row, account, known }];
  });
}

async function pushGroup(session: ShareSession, group: readonly Member[]): Promise<PendingWrite[] | undefined> {
  const writes = group.map(({ row, account, known }) =>
    loginWrite(session, row, account, { ...known, fence: row.fence, generation: row.generation + 1 }),
  );
  const written = await commitWrites(session, updateLogins, writes);
  return writes.every(({ write }) => written.has(write.id)) ? writes : undefined;
}

function release(session: ShareSession, pushed: readonly PendingWrite[], to: string | null): void {
  const rows = pushed.flatMap(({ write, after }): ShareRow[] => {
    const { sealed_login: login, sealed_refresh: refresh } = write;
    if (login === null || refresh === null) return [];
    return [{ ...after, role: 'releasing', given: { to, sealed_login: login, sealed_refresh: refresh } }];
  });
  session.save(withRows(session.state(), rows));
}

/**
 * The ids of the rows that are being released with the same token, after a kill. They go together: a row that went
 * alone would let the next keeper spend the token before it has the other rows.
 */
function releasedWith(session: ShareSession, id: string): string[] {
  const rows = session.state().rows.filter(({ role }) => role === 'releasing');
  const released = rows.find((row) => row.id === id);
  const token = released && givenToken(session, released);
  return rows.filter((row) => row.id === id || token?.equals(givenToken(session, row))).map((row) => row.id);
}

function givenToken({ key }: ShareSession, { id, given, generation }: ShareRow): Secret | undefined {
  return given && key.open(given.sealed_refresh, { id, part: 'refresh', generation });
}

/** Steps three and four, for rows that are being released. */
async function finish(session: ShareSession, ids: readonly string[], report: ReportDraft): Promise<boolean> {
  const rows = session.state().rows.filter(({ id, role }) => ids.includes(id) && role === 'releasing');
  for (const row of rows) {
    const left = await takeOut(session, row, report);
    if (left === 'stays') {
      keepAgain(session, rows);
      return false;
    }
    if (left === 'news') {
      keepAgain(session, rows);
      return true;
    }
  }
  const pending = rows.map((row): PendingWrite => {
    const { fence, generation } = row;
    const to = row.given?.to ?? null;
    const write = { ...expected(row), state: 'live' as const, keeper: to, fence: fence + 1, generation };
    const { print: _, ...rest } = row;
    return {
      write: { ...write, sealed_login: null, sealed_refresh: null },
      after: { ...rest, role: 'copy', keeper: to, fence: fence + 1, generation },
    };
  });
  const written = await commitWrites(session, updateLogins, pending);
  for (const { after } of pending) {
    if (written.has(after.id) && after.accountId !== undefined) report.changed(after.accountId, 'handed-over');
  }
  return false;
}

/** Undoes the release where the login cannot leave. Until the row names another keeper, this machine is the keeper. */
function keepAgain(session: ShareSession, rows: readonly ShareRow[]): void {
  session.save(
    withRows(
      session.state(),
      rows.map(({ given: _, ...row }) => ({ ...row, role: 'keeper' as const })),
    ),
  );
}

async function takeOut(session: ShareSession, row: ShareRow, report: ReportDraft): Promise<'gone' | 'news' | 'stays'> {
  const { deps } = session;
  const token = givenToken(session, row);
  if (token === undefined) return 'stays';
  return withStore(deps.root, {}, async (store) => {
    const account = recordsOf(store.scopes()).find(({ id }) => id === row.accountId);
    if (account === undefined) return 'gone';
    try {
      return await letGo(store, deps, { account, token, isSpentElsewhere: true, sweeps: true });
    } catch (error) {
      // The login stays here. `letGo` may have logged its token as released before it failed; this takes that back.
      logLineage(deps.root, { event: 'received', accountId: account.id, after: token, detail: 'not handed over' });
      report.notice({
        kind: 'not-handed-over',
        message: `${describeAccount(account)} cannot leave this machine: ${error instanceof Error ? error.message : 'it cannot be taken out of a home'}`,
      });
      return 'stays';
    }
  });
}
