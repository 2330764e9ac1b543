import type { Account } from '../accounts/account.js';
import { isNewer } from '../accounts/lineage.js';
import { isDeadToken } from '../logins/flagging.js';
import type { Secret } from '../secret.js';
import type { Asked } from './ask.js';
import { type LocalLogins, printOf } from './local-logins.js';
import { mergeNotes, type NotedAccount, type Notes, type NotesMerge, openNotes } from './notes.js';
import { type RowStep, stepFor } from './row-step.js';
import type { LoginRow } from './rows.js';
import { openLogin, openRefreshToken, type SharedLogin } from './sealed-login.js';
import type { ShareRow, ShareState } from './share-file.js';
import type { ShareKey } from './share-key.js';

/** One login of the pool beside what is known of it here. */
export interface PlannedRow {
  readonly row: LoginRow;
  /** The answer did not hold the row, because nothing about it was new: `row` is what this machine remembers of it. */
  readonly isAssumed: boolean;
  readonly known: ShareRow | undefined;
  readonly account: Account | undefined;
  /** Absent where the row is assumed, or does not open. */
  readonly login: SharedLogin | undefined;
  readonly refreshToken: Secret | undefined;
  readonly step: RowStep;
  readonly notes: NotesMerge | undefined;
}

export interface RoundPlan {
  readonly rows: readonly PlannedRow[];
  /** Rows that do not open with our key, or are damaged. */
  readonly unopened: readonly string[];
  /** Live logins that a whole answer does not hold: the database has forgotten them. */
  readonly missing: readonly { readonly known: ShareRow; readonly account: Account | undefined }[];
}

/** What is to be done after an answer. Pure but for opening what is sealed. */
export function planRound(key: ShareKey, state: ShareState, asked: Asked, local: LocalLogins): RoundPlan {
  const { answer } = asked;
  const known = new Map(state.rows.map((row) => [row.id, row]));
  const told = new Set(answer.logins.map(({ id }) => id));
  const unopened: string[] = [];
  const isToBeOpened = (row: LoginRow) => row.state === 'live';
  const ofAnswer = answer.logins.flatMap((row) => {
    const login = openLogin(key, row);
    if (login === undefined && isToBeOpened(row)) {
      unopened.push(row.id);
      return [];
    }
    return [planRow({ key, state, local, now: answer.now }, row, known.get(row.id), login, false)];
  });
  const untold = asked.isWhole ? [] : state.rows.filter(({ id }) => !told.has(id));
  const assumed = untold.map((row) =>
    planRow({ key, state, local, now: answer.now }, assumedRow(row), row, undefined, true),
  );
  const forgotten = asked.isWhole ? state.rows.filter((row) => !told.has(row.id) && row.state === 'live') : [];
  const missing = forgotten.map((row) => ({ known: row, account: local.find(row, undefined) }));
  return { rows: [...ofAnswer, ...assumed], unopened, missing };
}

interface PlanContext {
  readonly key: ShareKey;
  readonly state: ShareState;
  readonly local: LocalLogins;
  readonly now: number;
}

function planRow(
  { key, state, local, now }: PlanContext,
  row: LoginRow,
  known: ShareRow | undefined,
  login: SharedLogin | undefined,
  isAssumed: boolean,
): PlannedRow {
  const account = local.find(known, login);
  const me = state.machine.id;
  const wasRemovedHere =
    account === undefined && known?.accountId !== undefined && login !== undefined && local.wasRemoved(login);
  const print = account && printOf(row.id, account);
  const first = stepFor({ me, row, known, account, wasRemovedHere, print });
  const isMine = row.keeper === me;
  const refreshToken = opening.includes(first) ? openRefreshToken(key, row) : undefined;
  const step = first === 'offered' ? judgeOffer(local, account, login, refreshToken) : first;
  const remote = isAssumed ? (known?.notes ?? {}) : openNotes(key, row);
  const noted =
    account === undefined ? (step === 'receive' ? newAccount : undefined) : notedAccount(account, local, isMine);
  const notes =
    row.state === 'live' && noted !== undefined
      ? planNotes(state, noted, known?.notes ?? {}, remote, isMine, now)
      : undefined;
  return { row, isAssumed, known, account, login, refreshToken, step, notes };
}

const opening: readonly RowStep[] = ['become-keeper', 'offered', 'superseded', 'stray'];

/**
 * A row that is newer than this machine knows has one of two causes. A machine that was superseded has left a late
 * answer in it, which is to be taken over. Or the answer to a push of this machine was lost: then ours is the newer
 * one, or the same.
 */
function judgeOffer(
  local: LocalLogins,
  account: Account | undefined,
  login: SharedLogin | undefined,
  theirs: Secret | undefined,
): RowStep {
  const ours = account?.tokens.refreshToken;
  if (account === undefined || login === undefined || theirs === undefined || theirs.equals(ours)) return 'push';
  if (local.isSpent(theirs)) return 'push';
  const isLater = isNewer({ source: 'import', tokens: account.tokens }, { source: 'import', tokens: login.tokens });
  return isLater && ours !== undefined && !local.isSpent(ours) ? 'push' : 'become-keeper';
}

function planNotes(
  { clockAheadMs = 0 }: ShareState,
  noted: NotedAccount,
  base: Notes,
  remote: Notes,
  isMine: boolean,
  now: number,
): NotesMerge {
  const seen = withoutDeadFlag(remote, isMine);
  const merge = mergeNotes(noted, withoutDeadFlag(base, isMine), seen, { now, clockAheadMs });
  return seen === remote || remote.flag === undefined
    ? merge
    : { ...merge, merged: { ...merge.merged, flag: remote.flag } };
}

/** Whether the database has to be asked for the row itself, because what is remembered of it is not enough. */
export function isUnclear({ isAssumed, known, account, step }: PlannedRow): boolean {
  if (!isAssumed) return false;
  const isGone = account === undefined && known?.accountId !== undefined && known.state === 'live';
  return isGone || step === 'become-keeper' || step === 'superseded' || step === 'stray' || step === 'finish-release';
}

/** What this machine says of an account that is new to it: nothing. */
const newAccount: NotedAccount = { account: { id: '', enabled: true, tokens: { generation: 0 }, raw: {} } };

/** A flag on a copy that is about its own old tokens says nothing of the login, and is left out: the keeper knows. */
function notedAccount(account: Account, local: LocalLogins, isMine: boolean): NotedAccount {
  const quota = local.quotaOf(account.id);
  if (isMine || !('flag' in account) || !isDeadToken(account as Parameters<typeof isDeadToken>[0]))
    return { account, quota };
  const { flag: _, ...usable } = account as Account & { readonly flag: unknown };
  return { account: usable, quota };
}

/** Leaves out the keeper's flag about the refresh token: a copy uses the access token for as long as it lives. */
function withoutDeadFlag(notes: Notes, isMine: boolean): Notes {
  const reason = notes.flag?.value?.reason;
  if (isMine || reason === undefined) return notes;
  if (!isDeadToken({ flag: { reason } } as Parameters<typeof isDeadToken>[0])) return notes;
  return { ...notes, flag: { value: null, at: notes.flag?.at ?? 0 } };
}

/** A row as the database has it, as far as this machine was told. */
function assumedRow(known: ShareRow): LoginRow {
  return {
    id: known.id,
    state: known.state,
    keeper: known.keeper,
    fence: known.fence,
    generation: known.generation,
    sealed_login: '',
    sealed_refresh: null,
    notes_generation: known.notesGeneration,
    sealed_notes: null,
    wanted_by: null,
    asked_by: null,
    asked_generation: null,
    asked_ago: null,
  };
}
