import { AppError } from '../errors.js';
import { type ExchangeReport, ReportDraft } from './exchange-report.js';
import { pushNewWorkspaces } from './first-push.js';
import { takeHomeNews } from './home-news.js';
import { playRound } from './round.js';
import { settleLogin } from './settle-login.js';
import { readShare, type ShareState } from './share-file.js';
import { defaultDeadlineMs, type ShareDeps, withShare } from './share-session.js';

export interface ExchangeOptions {
  /** For the connection and everything that is asked on it, milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Exchanges with the shared pool: takes over what other machines know, pushes what this one knows, gives away what is wished
 * for. Throws what the database or the key comes to; what was done until then is done.
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
    // Those that share a refresh token have gone together with the first of them.
    if (settled.has(planned.row.id)) continue;
    settled.add(planned.row.id);
    await settleLogin(deps, planned, report, deadlineMs);
  }
}

export interface Staleness extends ExchangeOptions {
  /** What was exchanged this long ago is new enough, milliseconds. */
  readonly maxAgeMs: number;
}

/**
 * The same where the last exchange is old; undefined where nothing is shared or nothing is due.
 * Trouble with the database is told in the report: everything goes on with the copies on this machine.
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

/** Also where the last one lies in the future: the clock of this machine has been set since. */
function isStale({ lastExchangeAt = 0 }: ShareState, now: number, maxAgeMs: number): boolean {
  const age = now - lastExchangeAt;
  return age < 0 || age >= maxAgeMs;
}
