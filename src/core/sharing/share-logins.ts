import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { type ExchangeOptions, exchangeInto } from './exchange.js';
import { type ExchangeReport, ReportDraft } from './exchange-report.js';
import { pushFirst, rowIdsOf, sharedIn } from './first-push.js';
import { withSharers } from './local-logins.js';
import { playRound, type Round } from './round.js';
import { readShare, type ShareRow } from './share-file.js';
import { keptElsewhere, shareProblem } from './share-problem.js';
import { defaultDeadlineMs, type ShareDeps, type ShareSession, withShare } from './share-session.js';
import { commitWrites, expected, type PendingWrite } from './write-round.js';
import { updateLogins } from './write-statements.js';

/**
 * Shares accounts of this root and the other workspaces of their logins. This machine becomes their keeper. Of two
 * machines that share one account at once the one with the newer login is the keeper in the end. Throws `shared-pool`,
 * or `sign-in-needed` for an account without a refresh token.
 */
export function addToShare(
  deps: ShareDeps,
  accountIds: readonly string[],
  options: ExchangeOptions = {},
): Promise<ExchangeReport> {
  return changeAll(deps, accountIds, options, pushFirst);
}

/**
 * Stops sharing accounts that this machine keeps, and the other workspaces of their logins. This machine keeps them for
 * itself; on the others they work until their access tokens end. Throws `shared-pool` for a login that another machine
 * keeps.
 */
export function withdrawFromShare(
  deps: ShareDeps,
  accountIds: readonly string[],
  options: ExchangeOptions = {},
): Promise<ExchangeReport> {
  return changeAll(deps, accountIds, options, async (session, accounts, _, report) => {
    const writes = accounts.flatMap((account) => {
      const isNamed = accountIds.includes(account.id);
      return isNamed || sharedIn(session, account.id) !== undefined ? [withdrawal(keptHere(session, account))] : [];
    });
    const withdrawn = await commitWrites(session, updateLogins, writes);
    for (const { after } of writes)
      if (withdrawn.has(after.id) && after.accountId !== undefined) report.changed(after.accountId, 'withdrawn');
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
 * Withdraws all logins that this machine keeps, which stay with it. Throws `shared-pool` where another machine has
 * taken over one of them at the same moment.
 */
export async function withdrawAll(session: ShareSession): Promise<void> {
  const kept = session.state().rows.filter(({ role, state }) => role === 'keeper' && state === 'live');
  const withdrawn = await commitWrites(session, updateLogins, kept.map(withdrawal));
  if (withdrawn.size < kept.length)
    throw shareProblem('kept-elsewhere', 'another machine has just taken over a login', 'codex-auth share leave');
}

/** Exchanges about the accounts, makes the change, and exchanges again for what follows from it. */
async function changeAll(
  deps: ShareDeps,
  accountIds: readonly string[],
  { deadlineMs = defaultDeadlineMs }: ExchangeOptions,
  change: (session: ShareSession, accounts: readonly Account[], round: Round, report: ReportDraft) => Promise<void>,
): Promise<ExchangeReport> {
  const report = new ReportDraft();
  const records = recordsOf(readAllScopes(deps.root.paths));
  const byId = new Map(records.map((account) => [account.id, account]));
  const named = accountIds.map((id) => byId.get(id) ?? accountAt(deps, id));
  const accounts = withSharers(named, records);
  await withShare(deps, deadlineMs, async (session) => {
    const round = await playRound(session, report, { about: rowIdsOf(session, accounts) });
    await change(session, accounts, round, report);
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
