import { type Account, describeAccount } from '../../core/accounts/account.js';
import { listSessionFiles, threadIdIn } from '../../core/codex/sessions.js';
import { readThread } from '../../core/codex/thread.js';
import { readLatestWords, readTurnEnd, type TurnEnd } from '../../core/codex/turn-end.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { freshPrompt, freshWords, resumeWords, type SessionCall } from '../../core/running/continuation.js';
import { type Runnable, withFileStore } from '../../core/running/runnable.js';
import { probeAndDecide } from '../../core/session/probe-and-decide.js';
import { type Located, openRoster } from '../../core/session/selection.js';
import type { Context } from '../program/context.js';
import { formatDuration, formatWhen } from '../render/time.js';
import { runPlace, start, takePlace } from './run-home.js';

export type OnLimit = 'ask' | 'stop' | 'next';

interface LimitedRun {
  readonly onLimit?: OnLimit;
  readonly model?: string;
  readonly call: SessionCall;
  readonly program: Runnable;
  /** The account to begin as, whose home is ready. */
  readonly account: Account;
  readonly announcement: string | undefined;
}

/** What one account did, for the summary. */
interface Stint {
  readonly account: Account;
  readonly startedAt: number;
  readonly endedAt: number;
  /** How it ended, as a clause. */
  readonly why: string;
}

/** After so many continuations it ends, so that somebody looks at it. */
const mostContinuations = 10;

/**
 * Runs the client as an account, and where that has used up its quota, goes on with the same session as another. Never
 * spends credits or resets for it, and never returns to an account within its dwell time. The exit status of the last one.
 */
export async function runWithLimit(context: Context, run: LimitedRun): Promise<number> {
  const { clock } = context;
  const stints: Stint[] = [];
  let turn: Turn = { ...run, words: run.program.arguments, thread: run.call.thread };
  for (;;) {
    const { account, words, announcement } = turn;
    const { variables, shares } = runPlace(context, account);
    const program = withFileStore({ ...run.program, arguments: words }, shares);
    const sessions = watchSessions(shares, turn.thread);
    const startedAt = clock.now();
    const status = await start(context, program, variables, { announcement, isWaitedFor: true });
    refuseInterrupted(context);
    const since = clock.now() - context.settings().dwellMs;
    const { why, next } = await stepAfter(context, run, {
      ...{ account, status, session: sessions.latest() },
      left: new Set(stints.filter(({ endedAt }) => endedAt > since).map(({ account }) => account.id)),
    });
    stints.push({ account, startedAt, endedAt: clock.now(), why });
    if (next === undefined || stints.length > mostContinuations) {
      summarize(context, stints);
      return status;
    }
    turn = next;
  }
}

interface Turn {
  readonly account: Account;
  readonly words: readonly string[];
  readonly announcement: string | undefined;
  /** The session that it goes on with; absent for a new one. */
  readonly thread: string | undefined;
}

interface EndedTurn {
  readonly account: Account;
  readonly status: number;
  readonly session: ReturnType<ReturnType<typeof watchSessions>['latest']>;
  /** Accounts that are not returned to yet. */
  readonly left: ReadonlySet<string>;
}

interface Step {
  readonly why: string;
  readonly next?: Turn;
}

async function stepAfter(context: Context, run: LimitedRun, ended: EndedTurn): Promise<Step> {
  const { account, status } = ended;
  const over: Step = { why: `ended with ${status}` };
  // A task that has succeeded is done, whatever is left of the quota.
  if ((run.call.isTask && status === 0) || ended.session === 'none') return over;
  const session = ended.session === 'several' ? undefined : ended.session.path;
  const end: TurnEnd = session === undefined ? 'unknown' : readTurnEnd(session);
  if (end === 'refused-content' && session !== undefined) return startFresh(context, run, account, session);
  if (end !== 'limit-reached' && (end !== 'unknown' || status === 0)) return over;
  const next = await decideNext(context, ended, run.model);
  if (!next.isUsedUp) return over;
  const why = 'until its quota was used up';
  const { located } = next;
  const name = describeAccount(account);
  const other = located && describeAccount(located.account);
  const question = `The quota of ${name} is used up. Go on with this session as ${other}?`;
  if (located === undefined || session === undefined || !(await mayGoOn(context, run, question))) {
    sayHowToGoOn(context, account, next, session);
    return { why };
  }
  await takePlace(context, openRoster(context, context.readingScope()), located, runPlace(context, located.account));
  refuseInterrupted(context);
  const { id: thread } = readThread(session);
  const announcement = `going on as ${other}, because the quota of ${name} is used up`;
  const words = resumeWords(run.call, thread);
  return { why, next: { account: located.account, words, announcement, thread } };
}

async function mayGoOn({ io, prompter }: Context, { onLimit }: LimitedRun, question: string): Promise<boolean> {
  if (onLimit === 'next') return true;
  return onLimit === 'ask' && io.isInteractive && (await (await prompter()).confirm(question, true));
}

function sayHowToGoOn(
  context: Context,
  account: Account,
  { located, backAt }: Next,
  session: string | undefined,
): void {
  const { io, clock } = context;
  const back = backAt === undefined ? '' : ` until ${formatWhen(backAt, clock.now())}`;
  io.note(`the quota of ${describeAccount(account)} is used up${back}`);
  if (located === undefined) io.note('no other account is ready: codex-auth forecast');
  else if (session === undefined) io.note('which session it was cannot be told: codex-auth sessions');
  else io.note(`to go on with it: codex-auth resume ${readThread(session).id} --as ${located.account.id}`);
}

/**
 * Begins a new session as the same account, which still has quota: what the provider does not take from it is the
 * history of this session.
 */
async function startFresh(context: Context, run: LimitedRun, account: Account, session: string): Promise<Step> {
  const name = describeAccount(account);
  const { id, firstWords } = readThread(session);
  context.io.note(
    `the provider does not take from ${name} what the model has thought as another account; session ${id} stays as it is`,
  );
  const why = 'from which the provider did not take the session';
  if (!(await mayGoOn(context, run, `Begin a new session as ${name}, with a summary of that one?`))) {
    context.io.note(`to go on with it as the account that began it: codex-auth resume ${id} --as <selector>`);
    return { why };
  }
  const words = freshWords(run.call, freshPrompt(firstWords, readLatestWords(session)));
  const announcement = `beginning a new session as ${name}`;
  return { why, next: { account, words, announcement, thread: undefined } };
}

/** Notes which accounts were used and for how long, where it was more than one. */
function summarize({ io }: Context, stints: readonly Stint[]): void {
  if (stints.length < 2) return;
  const lines = stints.map(({ account, startedAt, endedAt, why }) => {
    return `${describeAccount(account)}: ${formatDuration(endedAt - startedAt)}, ${why}`;
  });
  io.note(...lines, `${stints.length - 1} continuation${stints.length === 2 ? '' : 's'}`);
}

/** Throws where a signal has come while we waited or asked: no further account is wanted then. */
function refuseInterrupted({ signal }: Context): void {
  if (signal.aborted) throw new AppError('interrupted', 'interrupted');
}

/** Whether an account has used up its quota, and who is to go on then. */
interface Next {
  readonly isUsedUp: boolean;
  /** When it is back, as far as that is known. */
  readonly backAt?: number;
  /** Absent where no account is ready. */
  readonly located?: Located;
}

/**
 * Asks the free usage endpoint about every account. No account is chosen that would go on with credits, or with a reset
 * that somebody would have to spend.
 */
async function decideNext(context: Context, { account, left }: EndedTurn, model: string | undefined): Promise<Next> {
  const roster = openRoster(context, context.readingScope());
  const { probed, decision } = await probeAndDecide(context, roster, { maxAgeMs: 0 }, { model });
  const { accounts } = probed.roster;
  const own = decision.accounts.find(({ id }) => id === account.id);
  const isUsedUp = own?.state === 'exhausted' || own?.state === 'on-credits';
  const isFree = (id: string) => id !== account.id && !left.has(id);
  const isReady = (id: string) => decision.accounts.some((each) => each.id === id && each.state === 'ready');
  const next = decision.ranking.find((id) => isFree(id) && isReady(id));
  const position = accounts.findIndex(({ id }) => id === next);
  const found = accounts[position];
  const scopeKey = roster.records.key;
  return {
    isUsedUp,
    ...definedOnly({ backAt: own?.availableAt, located: found && { account: found, scopeKey, index: position + 1 } }),
  };
}

/**
 * Finds out which session a client that starts now has worked on, although its output is not read, as far as that
 * session can be told apart from those of other clients. `named` is the id of the session, where the command says it.
 */
function watchSessions(homeDirectory: string, named: string | undefined) {
  const before = new Map(listSessionFiles(homeDirectory).map(({ path, writtenAt }) => [path, writtenAt]));
  return {
    latest(): { readonly path: string } | 'none' | 'several' {
      const written = listSessionFiles(homeDirectory).filter(({ path, writtenAt }) => before.get(path) !== writtenAt);
      if (named !== undefined) return written.find(({ path }) => threadIdIn(path) === named) ?? 'none';
      const own = written.filter(({ path }) => !readThread(path).isTask);
      // The session cannot be told from one of a parallel run, unless only one of them is new.
      const candidates = own.length > 1 ? own.filter(({ path }) => !before.has(path)) : own;
      const [only, ...others] = candidates;
      if (only !== undefined && others.length === 0) return only;
      return own.length === 0 ? 'none' : 'several';
    },
  };
}
