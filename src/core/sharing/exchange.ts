import type { Account } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { gatherNewest } from '../logins/gather-newest.js';
import { withPersonLock } from '../logins/person-lock.js';
import { type HeldLogin, settledLogins } from '../logins/residence.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { FileMemory } from '../storage/file-memory.js';
import { type ExchangeReport, ReportDraft } from './exchange-report.js';
import { pushNewWorkspaces } from './first-push.js';
import { playRound } from './round.js';
import { settleLogin } from './settle-login.js';
import { readShare, type ShareState } from './share-file.js';
import { defaultDeadlineMs, type ShareDeps, withShare } from './share-session.js';

export interface ExchangeOptions {
  /** For the connection and everything that is asked on it, milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Exchanges with the shared pool: takes over what other machines know, pushes what this one knows, gives away logins
 * that others wish for. Throws the errors of the database and of the key; what was done before one stays done.
 */
export async function exchange(deps: ShareDeps, options: ExchangeOptions = {}): Promise<ExchangeReport> {
  const report = new ReportDraft();
  await exchangeInto(deps, report, options);
  return report.finish(deps.root.clock.now());
}

export async function exchangeInto(
  deps: ShareDeps,
  report: ReportDraft,
  { deadlineMs = defaultDeadlineMs }: ExchangeOptions = {},
): Promise<void> {
  await takeHomeNews(deps);
  const { custody } = await withShare(deps, deadlineMs, async (session) => {
    await pushNewWorkspaces(session, report);
    return playRound(session, report);
  });
  const settled = new Set<string>();
  for (const planned of custody) {
    // Each row once: those that share a refresh token have gone together with the first of them.
    if (settled.has(planned.row.id)) continue;
    settled.add(planned.row.id);
    await settleLogin(deps, planned, report, deadlineMs);
  }
}

export interface Staleness extends ExchangeOptions {
  /** No exchange is made where the last one is younger than this, milliseconds. */
  readonly maxAgeMs: number;
}

/**
 * As {@link exchange}, where the last exchange is old; undefined where nothing is shared or nothing is due.
 * The report names trouble with the database: everything goes on with the copies on this machine.
 */
export async function exchangeIfStale(
  deps: ShareDeps,
  { maxAgeMs, ...options }: Staleness,
): Promise<ExchangeReport | undefined> {
  const state = readShare(deps.root);
  if (state === undefined || !isStale(state, deps.root.clock.now(), maxAgeMs)) return undefined;
  const report = new ReportDraft();
  try {
    await exchangeInto(deps, report, options);
    return report.finish(deps.root.clock.now());
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    return report.finish(undefined, error);
  }
}

/** An exchange in the future counts as old: the clock of this machine has been set back since. */
function isStale({ lastExchangeAt = 0 }: ShareState, now: number, maxAgeMs: number): boolean {
  const age = now - lastExchangeAt;
  return age < 0 || age >= maxAgeMs;
}

/**
 * Stores tokens of logins that this machine keeps and that official clients have refreshed in its homes: an exchange
 * looks at the pools only. Without this other machines would stay behind, and one that takes over would use a spent
 * token.
 */
async function takeHomeNews(deps: ShareDeps): Promise<void> {
  const kept = keptHere(deps);
  if (kept.length === 0) return;
  const { root, home, signal } = deps;
  const held = await settledLogins(root, home);
  const files = new FileMemory(root.clock);
  for (const account of kept.filter((each) => held.some((login) => hasOther(login, each)))) {
    await withPersonLock(root, account, { signal }, () => gatherNewest({ ...deps, files }, account.id));
  }
}

function keptHere({ root }: ShareDeps): Account[] {
  const rows = readShare(root)?.rows ?? [];
  const ids = new Set(rows.flatMap(({ role, accountId }) => (role === 'keeper' && accountId ? [accountId] : [])));
  if (ids.size === 0) return [];
  return recordsOf(readAllScopes(root.paths)).filter(({ id }) => ids.has(id));
}

function hasOther({ state: { content } }: HeldLogin, account: Account): boolean {
  if (content?.kind !== 'login' || !isLoginOf(content, account)) return false;
  return content.login.tokens.refreshToken?.equals(account.tokens.refreshToken) !== true;
}
