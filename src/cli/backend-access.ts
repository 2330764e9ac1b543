import { isSameAccount } from '../core/accounts/identity.js';
import type { BackendAccess, Refresher } from '../core/asking/authorized-call.js';
import { runningClients } from '../core/codex/clients.js';
import { flockHelpers } from '../core/codex/credential-lock.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import { describeOutcome } from '../core/logins/describe-outcome.js';
import { type RefreshDeps, sideBySide } from '../core/logins/refresh-deps.js';
import { canWait, type RefreshOutcome } from '../core/logins/refresh-outcome.js';
import type { Roster } from '../core/logins/roster.js';
import type { Settings } from '../core/settings.js';
import type { Context } from './context.js';

/** Access with the tokens at hand: nothing made of it can refresh (P5). */
export async function readOnlyAccess(context: Context, roster: Roster): Promise<BackendAccess> {
  const { root, home } = context;
  const { provider, callOptions } = context.provider();
  const deadlineMs = callOptions.deadlineMs ?? context.settings().fetchTimeoutMs;
  const options = { ...callOptions, deadlineMs, signal: context.signal };
  const startedWith = roster.authFile.content;
  return { root, home, http: await context.http(), provider, callOptions: options, startedWith };
}

/** Access that may refresh what is due, for `check`, `guard` and an explicit `--live`. */
export async function refreshingAccess(context: Context, roster: Roster): Promise<BackendAccess> {
  return { ...(await readOnlyAccess(context, roster)), refresher: await createRefresher(context, roster) };
}

export async function createRefresher(context: Context, roster: Roster, skewMs?: number): Promise<Refresher> {
  const { ensureUsable, isUsable } = await import('../core/logins/refresh.js');
  const { takeInFirst } = await import('./take-in.js');
  const deps = await refreshDeps(context, { skewMs });
  const inHomes = roster.beside.logins;
  const isInHome = (account: Parameters<Refresher>[0]) =>
    inHomes.some(({ accountId, login }) => accountId === account.id || isSameAccount(login.identity, account));
  return async (account, why, rejected) => {
    // What a home holds besides us is always looked at under the lock: a crash may have left an older one there.
    const isCopied = account.isUnstored !== true && isInHome(account);
    if (!isCopied && isUsable(deps, account, rejected)) return { kind: 'usable', account, how: 'valid' };
    const reason = why === 'due' ? ('proactive_expiry' as const) : ('unauthorized_recovery' as const);
    // What is about to be spent needs a record that gets what comes of it.
    const problem = await problemOf(() => takeInFirst(context, account, roster.records.key));
    const outcome: RefreshOutcome =
      problem === undefined
        ? await ensureUsable(deps, definedOnly({ account, reason, rejected }))
        : { kind: 'no-place', account, problem };
    if (why === 'due' && outcome.kind === 'no-place' && canWait(outcome, context.clock.now()))
      warnOfPlace(context, outcome);
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

/** While the access token lives, nothing fails that would say so. */
function warnOfPlace(context: Context, outcome: RefreshOutcome): void {
  const { message, hint } = describeOutcome(outcome);
  context.warn(`${message}; its access token still lives; ${hint}`);
}

export interface RefreshChoices {
  /** Refresh this many milliseconds before the end, instead of the setting. */
  readonly skewMs?: number | undefined;
  /** Where the person's own settings cannot be used. */
  readonly settings?: Settings;
}

export async function refreshDeps(
  context: Context,
  { skewMs, settings = context.settings() }: RefreshChoices = {},
): Promise<RefreshDeps> {
  const { root, home, signal } = context;
  return {
    root,
    home,
    http: await context.http(),
    ...context.provider(),
    settings: { ...settings, tokenRefreshSkewMs: skewMs ?? settings.tokenRefreshSkewMs },
    flockHelpers,
    runningClients,
    uninterrupted: context.uninterrupted,
    warn: context.warn,
    signal,
    ...sideBySide(root),
  };
}
