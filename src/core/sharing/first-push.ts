import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { holdsForeignTokens, sharesItsLogin } from '../lineage/foreign-tokens.js';
import { outcomeError } from '../logins/describe-outcome.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { ReportDraft } from './exchange-report.js';
import { printOf, withSharers } from './local-logins.js';
import { playRound, type Round } from './round.js';
import type { LoginRow } from './rows.js';
import { identityName, sealLogin } from './sealed-login.js';
import type { ShareRow } from './share-file.js';
import type { ShareSession } from './share-session.js';
import { commitWrites, expected, type PendingWrite } from './write-round.js';
import { insertLogins, updateLogins } from './write-statements.js';

/**
 * Brings accounts into the pool, given the answer to a question about them. Throws `sign-in-needed` for an account
 * without a refresh token, or with the refresh token of another account.
 */
export async function pushFirst(
  session: ShareSession,
  accounts: readonly Account[],
  { asked }: Pick<Round, 'asked'>,
  report: ReportDraft,
): Promise<void> {
  const mixedUp = mixedUpAmong(session, accounts)[0];
  if (mixedUp !== undefined) throw outcomeError({ kind: 'foreign-tokens', account: mixedUp });
  const rows = new Map(asked.answer.logins.map((row) => [row.id, row]));
  const placed = accounts.flatMap((account) => {
    const known = sharedIn(session, account.id);
    if (known === undefined) return [{ account, id: session.key.rowId(nameOf(account)), fence: 1, generation: 1 }];
    // The database has forgotten the row of a copy, its keeper has not put it back, and this machine has its own login.
    const isForgotten = !rows.has(known.id) && known.role === 'copy' && account.tokens.refreshToken !== undefined;
    return isForgotten ? [{ account, id: known.id, fence: known.fence + 1, generation: known.generation + 1 }] : [];
  });
  const first = placed.flatMap(({ account, id, fence, generation }) =>
    rows.has(id) ? [] : [firstWrite(session, id, account, fence, generation)],
  );
  // A row that is live already is judged by the round that follows.
  const again = placed.flatMap(({ account, id }) => {
    const there = rows.get(id);
    return there === undefined || there.state === 'live' ? [] : [againWrite(session, there, account)];
  });
  const added = await commitWrites(session, insertLogins, first);
  const revived = await commitWrites(session, updateLogins, again);
  for (const { account, id } of placed) if (added.has(id) || revived.has(id)) report.changed(account.id, 'pushed');
}

/** Shares new workspaces of logins that this machine keeps, as the official client may have added them. */
export async function pushNewWorkspaces(session: ShareSession, report: ReportDraft): Promise<void> {
  const kept = new Set(
    session.state().rows.flatMap((row) => (row.role === 'keeper' && row.state === 'live' ? row.accountId : [])),
  );
  if (kept.size === 0) return;
  const records = recordsOf(readAllScopes(session.deps.root.paths));
  const ofLogins = withSharers(
    records.filter(({ id }) => kept.has(id)),
    records,
  );
  const mixedUp = mixedUpAmong(session, ofLogins);
  const added = ofLogins.filter(
    (account) => sharedIn(session, account.id) === undefined && identityName(account) && !mixedUp.includes(account),
  );
  if (added.length === 0) return;
  await pushFirst(session, added, await playRound(session, report, { about: rowIdsOf(session, added) }), report);
}

/** The accounts that hold the tokens of another account, apart from other workspaces of one login. */
function mixedUpAmong({ deps }: ShareSession, accounts: readonly Account[]): Account[] {
  const foreign = accounts.filter(holdsForeignTokens);
  if (foreign.length === 0) return [];
  const records = recordsOf(readAllScopes(deps.root.paths));
  return foreign.filter((account) => !sharesItsLogin(account, records));
}

export function rowIdsOf({ key }: ShareSession, accounts: readonly Account[]): string[] {
  return accounts.flatMap((account) => identityName(account) ?? []).map((name) => key.rowId(name));
}

/** Throws `sign-in-needed` for an account without a refresh token or an identity: no other machine could use it. */
function nameOf(account: Account): string {
  const name = identityName(account);
  if (name === undefined || account.tokens.refreshToken === undefined) throw notShareable(account);
  return name;
}

export function sharedIn(session: ShareSession, accountId: string): ShareRow | undefined {
  return session.state().rows.find((row) => row.accountId === accountId && row.state === 'live');
}

function notShareable(account: Account): AppError {
  return new AppError('sign-in-needed', `${describeAccount(account)} has no login that could be shared`, {
    hint: 'codex-auth login',
  });
}

/** Makes a removed or withdrawn row live again, because the person shares the account again. */
function againWrite(session: ShareSession, there: LoginRow, account: Account): PendingWrite {
  const { write, after } = firstWrite(session, there.id, account, there.fence + 1, there.generation + 1);
  return { write: { ...write, ...expected(there) }, after: { ...after, notesGeneration: there.notes_generation } };
}

function firstWrite(
  session: ShareSession,
  id: string,
  account: Account,
  fence: number,
  generation: number,
): PendingWrite {
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
