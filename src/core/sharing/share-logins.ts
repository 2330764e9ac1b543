import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { type ExchangeOptions, exchangeInto } from './exchange.js';
import { type ExchangeReport, ReportDraft } from './exchange-report.js';
import { printOf } from './local-logins.js';
import { playRound, type Round } from './round.js';
import type { LoginRow } from './rows.js';
import { identityName, sealLogin } from './sealed-login.js';
import { readShare, type ShareRow } from './share-file.js';
import { keptElsewhere, shareProblem } from './share-problem.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShare } from './share-session.js';
import { commitWrites, expected, type PendingWrite } from './write-round.js';
import { insertLogins, updateLogins } from './write-statements.js';

/**
 * Shares accounts of this root, whose keeper this machine becomes. Of two machines that share one login at once the one with
 * the newer login is the keeper in the end. Throws `shared-pool`, or `sign-in-needed` for an account without a refresh token.
 */
export function addToShare(
  deps: ShareDeps,
  accountIds: readonly string[],
  options: ExchangeOptions = {},
): Promise<ExchangeReport> {
  return changeAll(deps, accountIds, options, async (session, accounts, { asked }) => {
    const rows = new Map(asked.answer.logins.map((row) => [row.id, row]));
    const wanted = accounts.filter(({ id }) => sharedIn(session, id) === undefined);
    const placed = wanted.map((account) => ({ account, id: session.key.rowId(nameOf(account)) }));
    const first = placed.flatMap(({ account, id }) => (rows.has(id) ? [] : [firstWrite(session, id, account)]));
    // One that is shared already is judged by the round that follows.
    const again = placed.flatMap(({ account, id }) => {
      const there = rows.get(id);
      return there === undefined || there.state === 'live' ? [] : [againWrite(session, there, account)];
    });
    await commitWrites(session, insertLogins, first);
    await commitWrites(session, updateLogins, again);
  });
}

/** Throws `sign-in-needed` for what is no login that another machine could use. */
function nameOf(account: Account): string {
  const name = identityName(account);
  if (name === undefined || account.tokens.refreshToken === undefined) throw notShareable(account);
  return name;
}

function sharedIn(session: ShareSession, accountId: string): ShareRow | undefined {
  return session.state().rows.find((row) => row.accountId === accountId && row.state === 'live');
}

function notShareable(account: Account): AppError {
  return new AppError('sign-in-needed', `${describeAccount(account)} has no login that could be shared`, {
    hint: 'codex-auth login',
  });
}

/** A removal or a withdrawal ends with the person's wish to share it again. */
function againWrite(session: ShareSession, there: LoginRow, account: Account): PendingWrite {
  const { write, after } = firstWrite(session, there.id, account, there.fence + 1, there.generation + 1);
  return { write: { ...write, ...expected(there) }, after: { ...after, notesGeneration: there.notes_generation } };
}

function firstWrite(session: ShareSession, id: string, account: Account, fence = 1, generation = 1): PendingWrite {
  const keeper = session.state().machine.id;
  const position = { id, keeper, fence, generation };
  const after: ShareRow = {
    ...position,
    ...{
      accountId: account.id,
      role: 'keeper',
      state: 'live',
      print: printOf(id, account),
      notesGeneration: 0,
      notes: {},
    },
  };
  const write = { ...expected({ ...position, fence: 0, generation: 0 }), ...position, state: 'live' as const };
  return { write: { ...write, ...sealLogin(session.key, id, generation, account) }, after };
}

/**
 * Stops sharing accounts that this machine keeps: it goes on with them alone, the others until their access tokens end. Throws
 * `shared-pool` for a login that another machine keeps.
 */
export function withdrawFromShare(
  deps: ShareDeps,
  accountIds: readonly string[],
  options: ExchangeOptions = {},
): Promise<ExchangeReport> {
  return changeAll(deps, accountIds, options, async (session, accounts) => {
    await commitWrites(
      session,
      updateLogins,
      accounts.map((account) => withdrawal(keptHere(session, account))),
    );
  });
}

function keptHere(session: ShareSession, account: Account): ShareRow {
  const known = sharedIn(session, account.id);
  if (known === undefined) throw notShared(account);
  if (known.role === 'keeper') return known;
  const keeper = session.state().machines[known.keeper ?? '']?.name;
  throw keptElsewhere(describeAccount(account), keeper, 'codex-auth share take <account>, or withdraw it there');
}

function withdrawal(known: ShareRow): PendingWrite {
  const { keeper, fence, generation } = known;
  const after: ShareRow = { ...known, state: 'withdrawn', fence: fence + 1, generation };
  const write = { ...expected(known), keeper, fence: fence + 1, generation, state: 'withdrawn' as const };
  return { write: { ...write, sealed_login: null, sealed_refresh: null }, after };
}

export function notShared(account: Account): AppError {
  return shareProblem('not-shared', `${describeAccount(account)} is not shared`, 'codex-auth share add <account>');
}

/**
 * Everything that this machine keeps is withdrawn: what it has stays its own. Throws `shared-pool` where another machine has
 * taken over some of it at the same moment.
 */
export async function withdrawAll(session: ShareSession): Promise<void> {
  const kept = session.state().rows.filter(({ role, state }) => role === 'keeper' && state === 'live');
  const withdrawn = await commitWrites(session, updateLogins, kept.map(withdrawal));
  if (withdrawn.size < kept.length)
    throw shareProblem('kept-elsewhere', 'another machine has just taken over a login', 'codex-auth share leave');
}

/** After an exchange about these accounts; then another one for what follows from the change. */
async function changeAll(
  deps: ShareDeps,
  accountIds: readonly string[],
  { deadlineMs = defaultDeadlineMs }: ExchangeOptions,
  change: (session: ShareSession, accounts: readonly Account[], round: Round) => Promise<void>,
): Promise<ExchangeReport> {
  const report = new ReportDraft();
  const records = new Map(recordsOf(readAllScopes(deps.root.paths)).map((account) => [account.id, account]));
  const accounts = accountIds.map((id) => records.get(id) ?? accountAt(deps, id));
  await withShare(deps, deadlineMs, async (session) => {
    const names = accounts.flatMap((account) => identityName(account) ?? []);
    const round = await playRound(session, report, { about: names.map((name) => session.key.rowId(name)) });
    await change(session, accounts, round);
  });
  await exchangeInto(deps, report, { deadlineMs });
  return report.finish(deps.root.clock.now());
}

export function accountAt({ root }: Pick<ShareDeps, 'root'>, id: string): Account {
  const account = recordsOf(readAllScopes(root.paths)).find((each) => each.id === id);
  if (account !== undefined) return account;
  throw new AppError('no-such-account', `there is no account ${id}`, { hint: 'codex-auth list' });
}

/** The row of an account that is shared. */
export function sharedRowOf({ root }: Pick<ShareDeps, 'root'>, accountId: string): ShareRow | undefined {
  return readShare(root)?.rows.find((row) => row.accountId === accountId && row.state === 'live');
}
