import { isSameAccount } from '../accounts/identity.js';
import type { BackendAccess, Refresher } from '../asking/authorized-call.js';
import { runningClients } from '../codex/clients.js';
import { flockHelpers } from '../codex/credential-lock.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { otherWorkspacesOf } from '../lineage/shared-login.js';
import { describeOutcome } from '../logins/describe-outcome.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { canWait, type RefreshOutcome } from '../logins/refresh-outcome.js';
import type { Roster } from '../roster/roster.js';
import type { Settings } from '../settings.js';
import { custodyOf } from './exchange-first.js';
import type { Session } from './session.js';

/** Access with the tokens at hand, which cannot refresh (P5). */
export async function readOnlyAccess(session: Session, roster: Roster): Promise<BackendAccess> {
  const { root, home } = session;
  const { provider, callOptions } = session.provider();
  const deadlineMs = callOptions.deadlineMs ?? session.settings().fetchTimeoutMs;
  const options = { ...callOptions, deadlineMs, signal: session.signal };
  const startedWith = roster.authFile.content;
  return { root, home, http: await session.http(), provider, callOptions: options, startedWith };
}

/** Access that may refresh what is due, for `check`, `guard` and an explicit `--live`. */
export async function refreshingAccess(session: Session, roster: Roster): Promise<BackendAccess> {
  return { ...(await readOnlyAccess(session, roster)), refresher: await createRefresher(session, roster) };
}

export async function createRefresher(session: Session, roster: Roster, skewMs?: number): Promise<Refresher> {
  const { ensureUsable, isUsable } = await import('../spending/refresh.js');
  const { takeInFirst } = await import('./take-in.js');
  const deps = await refreshDeps(session, { skewMs });
  const inHomes = roster.beside.logins;
  const isInHome = (account: Parameters<Refresher>[0]) =>
    inHomes.some(
      ({ accountId, login }) =>
        accountId === account.id ||
        isSameAccount(login.identity, account) ||
        otherWorkspacesOf(login, [account]).length > 0,
    );
  return async (account, why, rejected) => {
    // A login that a home holds too is always looked at under the lock: a crash may have left an older copy there.
    const isCopied = account.isUnstored !== true && isInHome(account);
    if (!isCopied && isUsable(deps, account, rejected)) return { kind: 'usable', account, how: 'valid' };
    const reason = why === 'due' ? ('proactive_expiry' as const) : ('unauthorized_recovery' as const);
    // A refresh token that is about to be spent needs a stored record to receive the new tokens.
    const problem = await problemOf(() => takeInFirst(session, account, roster.records.key));
    const outcome: RefreshOutcome =
      problem === undefined
        ? await ensureUsable(deps, definedOnly({ account, reason, rejected }))
        : { kind: 'no-place', account, problem };
    if (why === 'due' && outcome.kind === 'no-place' && canWait(outcome, session.clock.now()))
      warnOfPlace(session, outcome);
    return outcome;
  };
}

async function problemOf(task: () => Promise<void>): Promise<AppError | undefined> {
  try {
    await task();
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    return error;
  }
}

/** Warns here: while the access token lives, no request fails that would report the outcome. */
function warnOfPlace(session: Session, outcome: RefreshOutcome): void {
  const { message, hint } = describeOutcome(outcome);
  session.warn(`${message}; its access token still lives; ${hint}`);
}

export interface RefreshChoices {
  /** Refresh this many milliseconds before the end, instead of the setting. */
  readonly skewMs?: number | undefined;
  /** Used in place of the person's settings, which perhaps cannot be read. */
  readonly settings?: Settings;
}

export async function refreshDeps(
  session: Session,
  { skewMs, settings = session.settings() }: RefreshChoices = {},
): Promise<RefreshDeps> {
  const { root, home, signal } = session;
  return {
    root,
    home,
    http: await session.http(),
    ...session.provider(),
    settings: { ...settings, tokenRefreshSkewMs: skewMs ?? settings.tokenRefreshSkewMs },
    flockHelpers,
    runningClients,
    uninterrupted: session.uninterrupted,
    warn: session.warn,
    signal,
    ...session.shared(),
    ...definedOnly({ custody: await custodyOf(session) }),
  };
}
