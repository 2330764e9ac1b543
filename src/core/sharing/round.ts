import { createHash } from 'node:crypto';
import { definedOnly } from '../defined-only.js';
import { withStore } from '../logins/with-store.js';
import { writeBack } from '../logins/write-back.js';
import { type Applied, applyRows } from './apply-rows.js';
import { type Asked, ask, type Question } from './ask.js';
import type { ReportDraft } from './exchange-report.js';
import { localLogins, printOf } from './local-logins.js';
import { baseOf } from './notes.js';
import { isUnclear, type PlannedRow, planRound, type RoundPlan } from './round-plan.js';
import { custodySteps } from './row-step.js';
import type { ShareRow, ShareState } from './share-file.js';
import { withRows } from './share-file.js';
import { olderServer } from './share-problem.js';
import type { ShareSession } from './share-session.js';
import { writeRound } from './write-round.js';

export interface Round {
  readonly asked: Asked;
  readonly plan: RoundPlan;
  /** Logins to be settled by {@link settleLogin} afterwards, because that needs the lock of the person. */
  readonly custody: readonly PlannedRow[];
}

/**
 * One exchange: asks what is new, takes it over, and pushes what is newer here. What is taken over is on disk before
 * `share.json` remembers it, and what is pushed is remembered after the database has it: after a kill in between the
 * next round does it again.
 */
export async function playRound(session: ShareSession, report: ReportDraft, question: Question = {}): Promise<Round> {
  const { key, deps } = session;
  const local = localLogins(deps.root);
  let asked = await ask(session, question);
  noteClock(session, asked);
  let plan = planRound(key, session.state(), asked, local);
  const unclear = plan.rows.filter(isUnclear).map(({ row }) => row.id);
  if (unclear.length > 0) {
    const about = [...unclear, ...asked.answer.logins.map(({ id }) => id)];
    asked = { ...(await ask(session, { ...question, about })), ...remembered(asked) };
    plan = planRound(key, session.state(), asked, local);
  }
  const older = olderIn(plan);
  const isOtherThanTold = older !== undefined && older !== session.state().toldOlder;
  if (asked.wasRestored || isOtherThanTold) report.notice({ kind: 'older-server', ...olderServer });
  tellOf(asked, plan, report);
  const applied = await takeOver(session, plan, report);
  rememberRows(session, plan, applied);
  const custody = plan.rows.filter(({ step }) => custodySteps.includes(step));
  rememberExchange(session, asked, { hasCustody: custody.length > 0, older });
  await writeRound(session, plan, report);
  return { asked, plan, custody };
}

function remembered({ wasRestored, wasCloned, isWhole }: Asked): Omit<Asked, 'answer'> {
  return { wasRestored, wasCloned, isWhole };
}

function noteClock(session: ShareSession, { answer }: Asked): void {
  const state = session.state();
  const clockAheadMs = session.deps.root.clock.now() - answer.now;
  // The difference holds the time of a round trip too, so that a small change of it means nothing.
  const isOther = Math.abs(clockAheadMs - (state.clockAheadMs ?? 0)) > 1_000;
  if (isOther) session.save({ ...state, clockAheadMs });
}

/** A hash of what is older in the database than known here, or missing in it; undefined where nothing is. */
function olderIn({ rows, missing }: RoundPlan): string | undefined {
  const older = rows.filter(({ step }) => step === 'reassert' || step === 'ignore-older').map(({ row }) => row);
  const names = [
    ...older.map(({ id, fence, generation }) => `${id} ${fence} ${generation}`),
    ...missing.map(({ known }) => known.id),
  ];
  return names.length === 0
    ? undefined
    : createHash('sha256').update(names.sort().join('\n')).digest('hex').slice(0, 16);
}

function tellOf({ wasCloned }: Asked, { unopened }: RoundPlan, report: ReportDraft): void {
  if (wasCloned) {
    report.notice({
      kind: 'cloned',
      message:
        'another machine goes by the name of this one, as after copying its disk: this one has got a name of its own and keeps no login any more',
      hint: 'codex-auth share take <account>, for what this machine shall keep',
    });
  }
  if (unopened.length > 0) {
    const logins = unopened.length === 1 ? 'a login' : `${unopened.length} logins`;
    report.notice({
      kind: 'damaged-row',
      message: `${logins} of the shared pool cannot be opened with the key of this machine`,
    });
  }
}

/** The steps with which something of the pool comes to this machine. */
async function takeOver(session: ShareSession, plan: RoundPlan, report: ReportDraft): Promise<Applied | undefined> {
  const { root, home, flockHelpers, warn } = session.deps;
  const arriving = plan.rows.filter(isArriving);
  const arrivals = arriving.flatMap(({ row, login, account, refreshToken, step }) => {
    if (login === undefined || (step === 'become-keeper' && refreshToken === undefined)) return [];
    return [{ rowId: row.id, login, account, refreshToken: step === 'become-keeper' ? refreshToken : undefined }];
  });
  const removals = plan.rows.flatMap(({ step, account }) =>
    step === 'drop-removed' && account !== undefined ? [account.id] : [],
  );
  const notes = plan.rows.flatMap(({ row, account, notes: merge, step }) => {
    const isNews = merge !== undefined && (Object.keys(merge.here).length > 0 || merge.quota !== undefined);
    return isNews && step !== 'tombstone' ? [{ rowId: row.id, accountId: account?.id, merge }] : [];
  });
  if (arrivals.length + removals.length + notes.length === 0) return undefined;
  const applied = await withStore(root, {}, async (store) => {
    const done = applyRows(store, { arrivals, removals, notes });
    if (arrivals.length > 0) await writeBack(store, { home, flockHelpers, warn });
    return done;
  });
  for (const { row, step, account } of arriving) {
    const accountId = applied.accountIds.get(row.id);
    if (accountId === undefined) continue;
    if (step === 'become-keeper') report.changed(accountId, 'taken');
    else if (account === undefined) report.changed(accountId, 'received');
    else if (applied.renewed.has(accountId)) report.changed(accountId, 'renewed');
  }
  for (const id of removals) report.changed(id, 'removed');
  return applied;
}

function isArriving({ step, isAssumed }: PlannedRow): boolean {
  return !isAssumed && (step === 'receive' || step === 'become-keeper');
}

/** Remembers what the database says of each row, except where that is older than what is known. */
function rememberRows(session: ShareSession, plan: RoundPlan, applied: Applied | undefined): void {
  const state = session.state();
  const changed = plan.rows.flatMap((planned) => rememberedRow(planned, applied, state) ?? []);
  if (changed.length > 0) session.save(withRows(state, changed));
}

function rememberedRow(planned: PlannedRow, applied: Applied | undefined, state: ShareState): ShareRow | undefined {
  const { row, known, account, step, isAssumed, notes } = planned;
  if (step === 'reassert' || step === 'ignore-older' || custodySteps.includes(step)) return undefined;
  if (isAssumed) return undefined;
  const accountId = applied?.accountIds.get(row.id) ?? account?.id ?? known?.accountId;
  const isMine = row.keeper === state.machine.id && row.state === 'live';
  // Notes that the database lacks are remembered as known to both sides once they are pushed.
  const isKnownToBoth = notes !== undefined && !notes.isNews && step !== 'tombstone';
  const next: ShareRow = {
    id: row.id,
    ...(accountId === undefined ? {} : { accountId }),
    role: isMine ? 'keeper' : 'copy',
    state: row.state,
    keeper: row.keeper,
    fence: row.fence,
    generation: row.generation,
    notesGeneration: row.notes_generation,
    notes: baseOf(isKnownToBoth ? notes.merged : (known?.notes ?? {})),
  };
  const print = printAfter(planned, isMine);
  const given = known?.given !== undefined && known.generation === row.generation ? { given: known.given } : {};
  return { ...next, ...given, ...(print === undefined ? {} : { print }) };
}

/** The print of what the pool has: new where the login has just come from it, else as before, also before a push. */
function printAfter(
  { row, step, login, refreshToken, known, account }: PlannedRow,
  isMine: boolean,
): string | undefined {
  if (step === 'become-keeper' && login !== undefined && refreshToken !== undefined) {
    return printOf(row.id, { tokens: { ...login.tokens, refreshToken } });
  }
  return isMine && account !== undefined ? known?.print : undefined;
}

/**
 * Where a login is still to be settled, the revision stays as it was, so that the next exchange asks for the same
 * changes: after a kill or an obstacle it sees the row again.
 */
function rememberExchange(
  session: ShareSession,
  { answer }: Asked,
  { hasCustody, older }: { readonly hasCustody: boolean; readonly older: string | undefined },
): void {
  const { key, deps } = session;
  const { toldOlder: _, ...state } = session.state();
  const machines = Object.fromEntries(
    answer.machines.map(({ id, sealed_name: sealed, seen_at: seenAt }) => {
      const name = key.open(sealed, { id, part: 'machine', generation: 0 })?.reveal() ?? id;
      return [id, { name, seenAt }];
    }),
  );
  const revision = hasCustody ? Math.min(state.revision, answer.revision) : answer.revision;
  const told = definedOnly({ toldOlder: older });
  session.save({ ...state, ...told, machines, revision, lastExchangeAt: deps.root.clock.now() });
}
