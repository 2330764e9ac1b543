import { exchangeInto } from './exchange.js';
import { ReportDraft, type ShareNotice } from './exchange-report.js';
import { playRound } from './round.js';
import type { LoginRow } from './rows.js';
import { openRefreshToken } from './sealed-login.js';
import { accountAt, notShared, sharedRowOf } from './share-logins.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShare } from './share-session.js';
import { expected, writeList } from './write-round.js';
import { updateLogins, wishLogins } from './write-statements.js';

export interface Taking {
  /** The keeper is not asked: it finds out at its next exchange. */
  readonly force: boolean;
  /** How long the keeper is waited for, milliseconds. */
  readonly waitMs: number;
  readonly deadlineMs?: number;
}

export interface TakenLogin {
  readonly accountId: string;
  /** `asked`: the keeper has been asked, and gives it away with its next command. */
  readonly outcome: 'here' | 'asked' | 'forced';
  readonly keeperName?: string;
  /** By the clock of the server, milliseconds since the epoch. */
  readonly keeperSeenAt?: number;
  /** The previous keeper was about to send the refresh token when it was superseded: the answer may be unknown here. */
  readonly atRisk?: 'keeper-was-asking';
}

export interface TakeReport {
  readonly logins: readonly TakenLogin[];
  readonly notices: readonly ShareNotice[];
}

const pauseMs = 1_000;

/** Makes this machine the keeper of accounts: by asking the keeper, or without it. Throws `shared-pool`. */
export async function takeLogins(
  deps: ShareDeps,
  accountIds: readonly string[],
  { force, waitMs, deadlineMs = defaultDeadlineMs }: Taking,
): Promise<TakeReport> {
  const { clock } = deps.root;
  const report = new ReportDraft();
  await exchangeInto(deps, report, { deadlineMs });
  const wanted = accountIds.filter((id) => !isHere(deps, id));
  const risks = await withShare(deps, deadlineMs, (session) =>
    force ? supersede(session, wanted) : wish(session, wanted),
  );
  const until = clock.monotonicMs() + (force ? 0 : waitMs);
  await exchangeInto(deps, report, { deadlineMs });
  while (wanted.some((id) => !isHere(deps, id)) && clock.monotonicMs() < until) {
    await clock.sleep(pauseMs, deps.signal);
    await exchangeInto(deps, report, { deadlineMs });
  }
  const logins = accountIds.map((id): TakenLogin => {
    const risk = risks.get(id);
    const outcome = !isHere(deps, id) ? 'asked' : force && wanted.includes(id) ? 'forced' : 'here';
    return { accountId: id, outcome, ...risk };
  });
  return { logins, notices: report.finish(undefined).notices };
}

type Risk = Pick<TakenLogin, 'keeperName' | 'keeperSeenAt' | 'atRisk'>;

function isHere(deps: ShareDeps, accountId: string): boolean {
  const row = sharedRowOf(deps, accountId);
  if (row === undefined) throw notShared(accountAt(deps, accountId));
  return row.role === 'keeper';
}

async function wish(session: ShareSession, accountIds: readonly string[]): Promise<ReadonlyMap<string, Risk>> {
  const me = session.state().machine.id;
  const rows = rowsOf(session, accountIds);
  // A login that nobody keeps is taken at once.
  const free = rows.filter(({ keeper }) => keeper === null).map(({ accountId }) => accountId ?? '');
  if (free.length > 0) await supersede(session, free);
  if (rows.length > 0)
    await writeList(
      session,
      wishLogins,
      rows.map(({ id }) => ({ id, wanted_by: me })),
    );
  return new Map(rows.map((row) => [row.accountId ?? '', keeperOf(session, row.keeper)]));
}

/** Makes this machine the keeper without asking. Workspaces of one login share its refresh token, and come with it. */
async function supersede(session: ShareSession, accountIds: readonly string[]): Promise<ReadonlyMap<string, Risk>> {
  const me = session.state().machine.id;
  const about = session
    .state()
    .rows.filter(({ state }) => state === 'live')
    .map(({ id }) => id);
  const { asked } = await playRound(session, new ReportDraft(), { about });
  const wanted = new Set(rowsOf(session, accountIds).map(({ id }) => id));
  const tokens = asked.answer.logins
    .filter(({ id }) => wanted.has(id))
    .flatMap((row) => openRefreshToken(session.key, row) ?? []);
  const isWanted = (row: LoginRow) =>
    wanted.has(row.id) || tokens.some((token) => token.equals(openRefreshToken(session.key, row)));
  const rows = asked.answer.logins.filter((row) => row.state === 'live' && row.keeper !== me && isWanted(row));
  const writes = rows.map((row) => {
    const { fence, generation } = row;
    const write = { ...expected(row), keeper: me, fence: fence + 1, generation, state: 'live' as const };
    return { ...write, sealed_login: null, sealed_refresh: null };
  });
  if (writes.length > 0) await writeList(session, updateLogins, writes);
  return new Map(
    rows.map((row) => [accountIdOf(session, row.id), { ...keeperOf(session, row.keeper), ...riskOf(row) }]),
  );
}

function riskOf({ asked_by: by, asked_generation: generation, generation: now }: LoginRow): Risk {
  return by !== null && generation === now ? { atRisk: 'keeper-was-asking' } : {};
}

function rowsOf(session: ShareSession, accountIds: readonly string[]) {
  const { rows } = session.state();
  return rows.filter(
    (row) => row.state === 'live' && row.accountId !== undefined && accountIds.includes(row.accountId),
  );
}

function accountIdOf(session: ShareSession, rowId: string): string {
  return session.state().rows.find(({ id }) => id === rowId)?.accountId ?? '';
}

function keeperOf(session: ShareSession, keeper: string | null): Risk {
  const machine = session.state().machines[keeper ?? ''];
  return machine === undefined ? {} : { keeperName: machine.name, keeperSeenAt: machine.seenAt };
}
