import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { gatherNewest } from '../logins/gather-newest.js';
import { withPersonLock } from '../logins/person-lock.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { FileMemory } from '../storage/file-memory.js';
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
  return changeEach(deps, accountIds, options, async (session, account, round) => {
    const { key } = session;
    const name = identityName(account);
    if (name === undefined || account.tokens.refreshToken === undefined) throw notShareable(account);
    const known = session.state().rows.find((row) => row.accountId === account.id && row.state === 'live');
    if (known !== undefined) return;
    const id = key.rowId(name);
    const there = round.asked.answer.logins.find((row) => row.id === id);
    // One that is shared already is judged by the round that follows.
    if (there?.state === 'live') return;
    if (there === undefined) await commitWrites(session, insertLogins, [firstWrite(session, id, account)]);
    else await commitWrites(session, updateLogins, [againWrite(session, there, account)]);
  });
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
  return changeEach(deps, accountIds, options, async (session, account) => {
    const known = session.state().rows.find((row) => row.accountId === account.id && row.state === 'live');
    if (known === undefined) throw notShared(account);
    if (known.role !== 'keeper') {
      const keeper = session.state().machines[known.keeper ?? '']?.name;
      throw keptElsewhere(describeAccount(account), keeper, 'codex-auth share take <account>, or withdraw it there');
    }
    await commitWrites(session, updateLogins, [withdrawal(known)]);
  });
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

/** Everything that this machine keeps is withdrawn: what it has stays its own. Returns their ids. */
export async function withdrawAll(session: ShareSession): Promise<void> {
  const kept = session.state().rows.filter(({ role, state }) => role === 'keeper' && state === 'live');
  await commitWrites(session, updateLogins, kept.map(withdrawal));
}

/** Under the lock of each person, with the newest tokens that any home has; then one exchange for what follows from it. */
async function changeEach(
  deps: ShareDeps,
  accountIds: readonly string[],
  { deadlineMs = defaultDeadlineMs }: ExchangeOptions,
  change: (session: ShareSession, account: Account, round: Round) => Promise<void>,
): Promise<ExchangeReport> {
  const { root, signal } = deps;
  const report = new ReportDraft();
  for (const id of accountIds) {
    const asked = accountAt(deps, id);
    await withPersonLock(root, asked, { signal }, async () => {
      const account = await gatherNewest({ ...deps, files: new FileMemory(root.clock) }, id);
      await withShare(deps, deadlineMs, async (session) => {
        const about = identityName(account);
        const round = await playRound(session, report, {
          about: about === undefined ? [] : [session.key.rowId(about)],
        });
        await change(session, account, round);
      });
    });
  }
  await exchangeInto(deps, report, { deadlineMs });
  return report.finish(root.clock.now());
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
