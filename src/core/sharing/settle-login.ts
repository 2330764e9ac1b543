import { type Account, describeAccount } from '../accounts/account.js';
import { isNewer } from '../accounts/lineage.js';
import { AppError } from '../errors.js';
import { isKnownSpent, readLineage } from '../lineage/lineage-log.js';
import { historyOf, type TokenHistory } from '../lineage/newest.js';
import { gatherNewest } from '../logins/gather-newest.js';
import { letGo } from '../logins/let-go.js';
import { withPersonLock } from '../logins/person-lock.js';
import { withStore } from '../logins/with-store.js';
import { keepRecord } from '../pools/kept-record.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import { whyNotSpendable } from '../spending/client-in-charge.js';
import { entriesAbout } from '../spending/unanswered.js';
import { FileMemory } from '../storage/file-memory.js';
import type { ReportDraft } from './exchange-report.js';
import { handOver } from './hand-over.js';
import { rowsOfLogin } from './local-logins.js';
import { playRound } from './round.js';
import type { PlannedRow } from './round-plan.js';
import { type SharedLogin, sealLogin } from './sealed-login.js';
import { rowOf, type ShareRow, withRows } from './share-file.js';
import { type ShareDeps, type ShareSession, withShare } from './share-session.js';
import { commitWrites, expected, loginWrite, type PendingWrite } from './write-round.js';
import { updateLogins } from './write-statements.js';

/**
 * Settles a login whose refresh token is to leave this machine, or should not be on it: under the lock of the person,
 * and after newer tokens in the homes of the official client have been stored.
 */
export async function settleLogin(
  deps: ShareDeps,
  { account, row }: PlannedRow,
  report: ReportDraft,
  deadlineMs: number,
): Promise<void> {
  if (account === undefined) {
    await settleRow(deps, row.id, report, deadlineMs);
    return;
  }
  const { root, signal } = deps;
  await withPersonLock(root, account, { signal }, () => settleHeld(deps, account.id, row.id, report, deadlineMs));
}

/** As {@link settleLogin}, for a caller that holds the lock of the person. */
export async function settleHeld(
  deps: ShareDeps,
  accountId: string,
  rowId: string,
  report: ReportDraft,
  deadlineMs: number,
): Promise<void> {
  try {
    await gatherNewest({ ...deps, files: new FileMemory(deps.root.clock) }, accountId);
  } catch (error) {
    // Without a record there is nothing to take back.
    if (!(error instanceof AppError) || error.code !== 'no-such-account') throw error;
  }
  await settleRow(deps, rowId, report, deadlineMs);
}

const maxSteps = 4;

function settleRow(deps: ShareDeps, rowId: string, report: ReportDraft, deadlineMs: number): Promise<void> {
  return withShare(deps, deadlineMs, async (session) => {
    for (let step = 1; step <= maxSteps; step += 1) {
      const { custody, plan } = await playRound(session, report, { about: [rowId, ...sharersOf(session, rowId)] });
      const planned = custody.find(({ row }) => row.id === rowId);
      if (planned === undefined || !(await settleStep(session, planned, plan.rows, report))) return;
    }
  });
}

/** The rows of the other workspaces of its login. */
function sharersOf({ deps, state }: ShareSession, rowId: string): string[] {
  const accountId = rowOf(state(), rowId)?.accountId;
  const account = recordsOf(readAllScopes(deps.root.paths)).find(({ id }) => id === accountId);
  return account === undefined ? [] : rowsOfLogin(deps, account.id, account.tokens.refreshToken).map(({ id }) => id);
}

/** Returns whether to play another round, because something has changed. */
async function settleStep(
  session: ShareSession,
  planned: PlannedRow,
  all: readonly PlannedRow[],
  report: ReportDraft,
): Promise<boolean> {
  switch (planned.step) {
    case 'release':
    case 'finish-release':
      return handOver(session, planned, all, report, obstacleTo);
    case 'superseded':
      return giveUp(session, planned, all, report);
    case 'stray':
      return judgeStray(session, planned, report);
    default:
      return false;
  }
}

/** Why a login cannot leave this machine now. */
async function obstacleTo(deps: ShareDeps, account: Account, token: Secret): Promise<string | undefined> {
  if (entriesAbout(deps.root, token).length > 0) return 'its refresh token was sent and got no answer yet';
  const problem = await whyNotSpendable(deps, account);
  return problem?.message;
}

/**
 * Another machine keeps the login. Where this one has got newer tokens since, they go to that machine through the pool,
 * because its own refresh token may be spent. The login of this machine is kept aside, and no longer used.
 */
async function giveUp(
  session: ShareSession,
  planned: PlannedRow,
  all: readonly PlannedRow[],
  report: ReportDraft,
): Promise<boolean> {
  const { account, row, login, refreshToken: theirs } = planned;
  const ours = account?.tokens.refreshToken;
  if (account === undefined || ours === undefined) return false;
  const history = historyOf(readLineage(session.deps.root));
  const isSame = theirs !== undefined && (ours.equals(theirs) || history.leadsTo(ours, theirs));
  const isAhead = !isSame && !history.isSpent(ours) && (isDescendant(history, theirs, ours) || isLater(account, login));
  if (isAhead && !(await offerAnswer(session, planned, all, ours))) return true;
  const kept = await dropLogin(session, account, ours, isSame || isAhead);
  if (kept === 'news') return true;
  becomeCopy(session, planned);
  report.changed(account.id, 'superseded');
  const keeper = session.state().machines[row.keeper ?? '']?.name ?? 'another machine';
  report.notice({
    kind: 'superseded',
    message: `${describeAccount(account)} is kept by ${keeper} now; what this machine had is in ${kept}`,
  });
  return true;
}

function isDescendant(history: TokenHistory, theirs: Secret | undefined, ours: Secret): boolean {
  return theirs !== undefined && history.leadsTo(theirs, ours);
}

function isLater({ tokens }: Account, login: SharedLogin | undefined): boolean {
  if (login === undefined) return false;
  return isNewer({ source: 'import', tokens }, { source: 'import', tokens: login.tokens });
}

/**
 * An answer arrived after another machine had taken over. The pool gets it for that machine, for each workspace of the
 * login, in place of the token that was spent.
 */
async function offerAnswer(
  session: ShareSession,
  { row: { id, keeper } }: PlannedRow,
  all: readonly PlannedRow[],
  token: Secret,
): Promise<boolean> {
  const writes = all.flatMap(({ row, account }): PendingWrite[] => {
    const known = rowOf(session.state(), row.id);
    if (known === undefined || account === undefined || row.keeper !== keeper) return [];
    if (!token.equals(account.tokens.refreshToken)) return [];
    const { fence, state } = row;
    const generation = row.generation + 1;
    const parts = sealLogin(session.key, row.id, generation, account);
    const write = { ...expected(row), state, keeper, fence, generation, ...parts };
    // `dropLogin` takes out the token next. The other workspaces lose it at the same time, and so become copies now.
    const role = row.id === id ? known.role : 'copy';
    return [{ write, after: { ...known, role, keeper, fence, generation } }];
  });
  return (await commitWrites(session, updateLogins, writes)).has(id);
}

/** Compares two logins of one account: where ours is newer this machine becomes the keeper, else ours is kept aside. */
async function judgeStray(session: ShareSession, planned: PlannedRow, report: ReportDraft): Promise<boolean> {
  const { account, row, login, refreshToken: theirs, known } = planned;
  const ours = account?.tokens.refreshToken;
  if (account === undefined || ours === undefined || login === undefined) return false;
  const { root } = session.deps;
  const history = historyOf(readLineage(root));
  const isDead = isKnownSpent(root, ours);
  const isSame = theirs !== undefined && (ours.equals(theirs) || history.leadsTo(ours, theirs));
  if (isLater(account, login) && !isDead && !isSame) {
    const next = known ?? firstKnown(planned);
    const fence = row.fence + 1;
    const pending = loginWrite(session, row, account, { ...next, fence, generation: row.generation + 1 });
    const isOurs = (await commitWrites(session, updateLogins, [pending])).has(row.id);
    if (isOurs) report.changed(account.id, 'taken');
    return true;
  }
  const kept = await dropLogin(session, account, ours, isSame || isDead);
  if (kept === 'news') return true;
  becomeCopy(session, planned);
  const keeper = session.state().machines[row.keeper ?? '']?.name ?? 'another machine';
  report.notice({
    kind: 'superseded',
    message: `${describeAccount(account)} is kept by ${keeper}, whose login is the newer one; the one of this machine is in ${kept}`,
  });
  return true;
}

/** Keeps the login aside, then takes its refresh token out of every place. Returns where it is kept. */
async function dropLogin(
  session: ShareSession,
  account: Account,
  token: Secret,
  isSpentElsewhere: boolean,
): Promise<string> {
  const { root } = session.deps;
  return withStore(root, {}, async (store) => {
    const kept = keepRecord(root, 'superseded-login', account);
    const done = await letGo(store, session.deps, { account, token, isSpentElsewhere, sweeps: false });
    return done === 'news' ? 'news' : kept;
  });
}

function becomeCopy(session: ShareSession, planned: PlannedRow): void {
  const known = rowOf(session.state(), planned.row.id) ?? firstKnown(planned);
  const { keeper, fence, generation, state } = planned.row;
  const { given: _, print: __, ...rest } = known;
  session.save(
    withRows(session.state(), [
      { ...rest, role: 'copy', keeper, fence, generation: Math.max(generation, known.generation), state },
    ]),
  );
}

function firstKnown({ row, account }: PlannedRow): ShareRow {
  const { id, keeper, fence, generation, state } = row;
  const accountId = account === undefined ? {} : { accountId: account.id };
  return { id, ...accountId, role: 'copy', keeper, fence, generation, state, notesGeneration: 0, notes: {} };
}
