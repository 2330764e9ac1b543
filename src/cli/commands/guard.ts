import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { type AskingFailed, askOnItsOwn } from '../../core/asking/usage-endpoint.js';
import { AppError } from '../../core/errors.js';
import { readBesideRecords, withNewestTokens } from '../../core/logins/beside-records.js';
import { describeOutcome } from '../../core/logins/describe-outcome.js';
import type { RefreshOutcome } from '../../core/logins/refresh-outcome.js';
import { type Roster, readRoster } from '../../core/logins/roster.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { recordsOf } from '../../core/pools/scope-records.js';
import { refreshDeps } from '../../core/session/backend-access.js';
import { isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import { takeInAny } from '../../core/session/take-in.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { withLock } from '../../core/storage/file-lock.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { warnIfFlaggedInUse } from '../flagged-in-use.js';
import type { Theme } from '../render/theme.js';
import { formatDuration, formatMoment } from '../render/time.js';
import { withJitter } from '../watching/pace.js';

const GuardResult = z.object({
  rounds: z.number(),
  /** Access tokens that were about to expire and have been replaced. */
  refreshed: z.number(),
  /** Newer tokens of somebody else that were taken over. */
  adopted: z.number(),
  /** Left to the official client, which was running. */
  leftToClient: z.number(),
  failed: z.number(),
  /** Of those that failed: because of the network or the provider. */
  unreachable: z.number(),
  /** It was told to end, which is how it ends. */
  stopped: z.exactOptional(z.literal(true)),
});
type GuardResult = z.infer<typeof GuardResult>;

export interface GuardOptions {
  readonly once?: boolean;
}

/** Keeps every access token of the root alive, one at a time, until it is stopped; one guard per root. */
async function guard(context: Context, options: GuardOptions): Promise<GuardResult> {
  const { root, clock, signal, home } = context;
  assertOurs(root);
  sweepLeftovers(root, home.authFile);
  const { processes, paths } = root;
  const lock = { directory: paths.locks, clock, processes, waitMs: 0, signal };
  // Stopped at any moment, it finishes the refresh it is at and gives its lock back.
  return context.uninterrupted(() => withLock('guard', lock, () => keepGuarding(context, options)));
}

async function keepGuarding(context: Context, { once }: GuardOptions): Promise<GuardResult> {
  const { clock, signal } = context;
  const result: Mutable<GuardResult> = {
    rounds: 0,
    refreshed: 0,
    adopted: 0,
    leftToClient: 0,
    failed: 0,
    unreachable: 0,
  };
  const tell = createTeller(context);
  if (once !== true) announce(context);
  try {
    for (;;) {
      if (once === true) await guardOnce(context, result, tell);
      else await survive(context, result, () => guardOnce(context, result, tell));
      result.rounds += 1;
      if (once === true) return result;
      await clock.sleep(withJitter(context.settings().proactiveRefreshIntervalMs), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    // Whatever the signal broke off, each account's refresh is complete or was never begun.
    return { ...result, stopped: true };
  }
}

/** What is watched over and how often. A pool that cannot be read is told of by the first round. */
function announce(context: Context): void {
  const { io, options, settings } = context;
  if (options.json === true) return;
  const { proactiveRefreshIntervalMs, proactiveRefreshBufferMs } = settings();
  const [interval, buffer] = [proactiveRefreshIntervalMs, proactiveRefreshBufferMs].map(formatDuration);
  const accounts = readableAccounts(context);
  const watched = accounts === undefined ? 'all accounts' : `${accounts} account${accounts === 1 ? '' : 's'}`;
  io.note(`guarding ${watched}: every ${interval}, tokens that end within ${buffer} are refreshed; Ctrl-C ends it`);
}

/** With the one that the first round takes in. */
function readableAccounts(context: Context): number | undefined {
  try {
    const unstored = readHere(context).accounts.filter(({ isUnstored }) => isUnstored === true);
    return guardedAccounts(context.root).length + unstored.length;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A file that cannot be read now may be there again in a minute: somebody is mending it. */
async function survive(context: Context, result: Mutable<GuardResult>, round: () => Promise<void>): Promise<void> {
  try {
    await round();
  } catch (error) {
    if (!(error instanceof AppError) || context.signal.aborted) throw error;
    result.failed += 1;
    context.warn(error.message);
  }
}

async function guardOnce(context: Context, result: Mutable<GuardResult>, tell: Teller): Promise<void> {
  const { clock, signal } = context;
  const { ensureUsable } = await import('../../core/logins/refresh.js');
  const { proactiveRefreshBufferMs } = context.settings();
  await takeInAny(context, readHere(context));
  const deps = await refreshDeps(context, { skewMs: proactiveRefreshBufferMs });
  const due = dueAccounts(context, proactiveRefreshBufferMs);
  let obstructed = 0;
  for (const [position, account] of due.entries()) {
    // The others would meet the same, and their tokens go to whoever is in between.
    if (obstructed === enoughObstructed) return;
    if (position > 0) await clock.sleep(withJitter(pauseMs), signal);
    signal.throwIfAborted();
    const outcome = await askOnItsOwn(account, () => ensureUsable(deps, { account, reason: 'proactive_expiry' }));
    count(result, outcome);
    const isInTheWay = isObstructed(outcome);
    obstructed = isInTheWay ? obstructed + 1 : 0;
    const text = outcomeText(outcome, clock.now());
    if (isInTheWay) tell('the way', text);
    else tell(account.id, `${describeAccount(account)}: ${text}`);
    if (outcome.kind === 'refused') warnIfFlaggedInUse(context, context.readingScope());
  }
}

const enoughObstructed = 2;

function isObstructed(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && isObstruction(describeOutcome(outcome));
}

/** Between two accounts, so that a large pool does not knock on the provider's door all at once. */
const pauseMs = 500;

/** Enabled accounts of every pool whose access token ends within the buffer; one of unknown end is left alone. */
function dueAccounts({ root, home, clock, settings }: Context, bufferMs: number): Account[] {
  const beside = readBesideRecords(root, home, recordsOf(readAllScopes(root.paths)));
  const isInHome = ({ id, tokens }: Account) =>
    beside.logins.some(
      ({ accountId, login }) => accountId === id || login.tokens.refreshToken?.equals(tokens.refreshToken) === true,
    );
  const isDue = (account: Account) => {
    const { accessToken, expiresAt } = account.tokens;
    const patienceMs = isInHome(account) ? Math.max(bufferMs, settings().refreshAheadMs) : bufferMs;
    return accessToken === undefined || (expiresAt !== undefined && expiresAt - patienceMs <= clock.now());
  };
  return guardedAccounts(root)
    .map((account) => withNewestTokens(account, beside))
    .filter(isDue);
}

function readHere(context: Context): Roster {
  return readRoster(context.root, context.home, context.readingScope());
}

function guardedAccounts({ paths }: Context['root']): Account[] {
  return readAllScopes(paths)
    .flatMap(({ pool }) => pool.accounts)
    .filter(({ enabled, tokens }) => enabled && tokens.refreshToken !== undefined);
}

type Outcome = RefreshOutcome | AskingFailed;

function count(result: Mutable<GuardResult>, outcome: Outcome): void {
  if (outcome.kind === 'left-to-client') result.leftToClient += 1;
  else if (outcome.kind !== 'usable') {
    result.failed += 1;
    if (outcome.kind !== 'failed' && isNetworkFailure(describeOutcome(outcome))) result.unreachable += 1;
  } else if (outcome.how === 'refreshed') result.refreshed += 1;
  else if (outcome.how === 'adopted') result.adopted += 1;
}

type Teller = (subject: string, text: string) => void;

/** Says with the time what happened, and not again every minute what has not changed. */
function createTeller({ io, clock, options }: Context): Teller {
  const told = new Map<string, string>();
  return (subject, text) => {
    if (options.json === true || told.get(subject) === text) return;
    told.set(subject, text);
    const now = clock.now();
    io.note(`${formatMoment(now, now)}  ${text}`);
  };
}

function outcomeText(outcome: Outcome, now: number): string {
  if (outcome.kind === 'failed') return outcome.error.message;
  if (outcome.kind !== 'usable') {
    const { message, hint } = describeOutcome(outcome);
    const isSetAside = outcome.kind === 'refused' && outcome.flaggedAs !== undefined;
    return isSetAside || isObstructed(outcome) ? `${message}: ${hint}` : message;
  }
  const { expiresAt } = outcome.account.tokens;
  const until = expiresAt === undefined ? '' : ` until ${formatMoment(expiresAt, now)}`;
  return { valid: `valid${until}`, adopted: `newer token taken over${until}`, refreshed: `refreshed${until}` }[
    outcome.how
  ];
}

function countsText({ rounds, refreshed, adopted, leftToClient, failed }: GuardResult): string {
  const parts = [
    `${refreshed} refreshed`,
    `${adopted} taken over`,
    `${leftToClient} left to the client`,
    `${failed} failed`,
  ];
  return `${rounds} round${rounds === 1 ? '' : 's'}: ${parts.join(', ')}`;
}

function renderGuard(result: GuardResult, { color, symbols }: Theme): string {
  const mark = result.failed > 0 ? color.red(symbols.error) : color.green(symbols.ok);
  return `${mark} ${result.stopped === true ? 'stopped after ' : ''}${countsText(result)}\n`;
}

export const guardCommand: Command<GuardOptions, GuardResult> = {
  name: 'guard',
  schema: GuardResult,
  run: guard,
  render: renderGuard,
  endsOnSignal: true,
  exitCode({ stopped, refreshed, adopted, failed, unreachable }) {
    if (stopped === true) return 130;
    if (failed > 0 && unreachable === failed && refreshed + adopted === 0) return 5;
    return failed > 0 ? 1 : 0;
  },
};
