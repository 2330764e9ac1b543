import { type Account, describeAccount } from '../accounts/account.js';
import { AppError } from '../errors.js';
import type { Custody } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import type { Secret } from '../secret.js';
import { ReportDraft } from './exchange-report.js';
import { rowsOfLogin } from './local-logins.js';
import { playRound, type Round } from './round.js';
import { settleHeld } from './settle-login.js';
import { readShare, type ShareRow, type ShareState } from './share-file.js';
import { keptElsewhere } from './share-problem.js';
import { type ShareDeps, withShare } from './share-session.js';

/** A refresh that waits for a person must not wait long for a database. */
const custodyDeadlineMs = 5_000;

/**
 * Who may refresh the logins of a root that takes part in a shared pool. The keeper tells the pool before it sends a
 * refresh token, so that a machine that takes over meanwhile leaves the token alone until the answer is known. Where
 * the pool cannot be reached the keeper refreshes all the same, because a database that is gone must end no login.
 */
export function shareCustody(deps: ShareDeps): Custody {
  return {
    obstacleTo: (account, token) => obstacleTo(deps, account, token),
    async hasRotated(account) {
      if (rowsOfLogin(deps, account.id, account.tokens.refreshToken).length === 0) return;
      await reached(() => withShare(deps, custodyDeadlineMs, (session) => playRound(session, new ReportDraft())));
    },
  };
}

async function obstacleTo(deps: ShareDeps, account: Account, token: Secret): Promise<RefreshOutcome | undefined> {
  const rows = rowsOfLogin(deps, account.id, token);
  if (rows.length === 0) return undefined;
  const ids = rows.map(({ id }) => id);
  const round = await reached(() =>
    withShare(deps, custodyDeadlineMs, (session) => playRound(session, new ReportDraft(), { intends: ids })),
  );
  const state = readShare(deps.root);
  const now = rowsOfLogin(deps, account.id, token);
  if (round !== undefined) return judge(deps, account, ids, round);
  return now.every(({ role }) => role === 'keeper') ? undefined : elsewhere(account, state, now);
}

/** What the database said about the logins that are about to be refreshed. */
async function judge(
  deps: ShareDeps,
  account: Account,
  ids: readonly string[],
  { asked, custody }: Round,
): Promise<RefreshOutcome | undefined> {
  const mine = readShare(deps.root)?.machine.id;
  for (const id of ids) {
    const row = asked.answer.logins.find((each) => each.id === id);
    const step = custody.find((each) => each.row.id === id)?.step;
    if (row === undefined || row.state !== 'live') continue;
    if (row.keeper !== mine || (step !== undefined && step !== 'release')) {
      await settleAside(deps, account.id, id);
      return elsewhere(account, readShare(deps.root), rowsOfLogin(deps, account.id, undefined));
    }
    if (!asked.answer.asked.includes(id)) return leftAlone(deps, account, row.asked_ago ?? 0);
  }
  return undefined;
}

/** Takes the login out of this machine. Where that fails, the next exchange tries it again. */
async function settleAside(deps: ShareDeps, accountId: string, rowId: string): Promise<void> {
  await reached(() => settleHeld(deps, accountId, rowId, new ReportDraft(), custodyDeadlineMs));
}

function elsewhere(account: Account, state: ShareState | undefined, [row]: readonly ShareRow[]): RefreshOutcome {
  const keeper = state?.machines[row?.keeper ?? '']?.name;
  const who = describeAccount(account);
  const problem = keptElsewhere(who, keeper, 'codex-auth share sync, or share take <account> to keep it here');
  return { kind: 'no-place', account, problem };
}

/** Waits, because the machine that kept the login before was about to send the same token, and may have spent it. */
function leftAlone({ root, unansweredRetryMs }: ShareDeps, account: Account, agoMs: number): RefreshOutcome {
  const message = 'the machine that kept it before has sent its refresh token, and the answer is not known here';
  return { kind: 'unknown', account, message, retryAt: root.clock.now() + Math.max(0, unansweredRetryMs - agoMs) };
}

/** What the action returns; undefined where it throws an `AppError` that is no interruption. */
async function reached<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    return undefined;
  }
}
