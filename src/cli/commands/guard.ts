import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import type { EventName } from '../../core/event-names.js';
import { everythingIn } from '../../core/guarding/everything.js';
import { readRoster } from '../../core/logins/roster.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { withLock } from '../../core/storage/file-lock.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';
import { keepGuarding } from '../guarding/keep-guarding.js';
import { GuardRounds, renderRounds } from '../guarding/rounds-view.js';
import { EventTest, renderEventTest, testEvent } from '../guarding/test-event.js';
import type { Theme } from '../render/theme.js';
import { formatDuration } from '../render/time.js';

const GuardResult = z.union([GuardRounds, EventTest]);
type GuardResult = z.infer<typeof GuardResult>;

export interface GuardOptions {
  readonly once?: boolean;
  readonly testEvent?: EventName;
}

async function run(context: Context, options: GuardOptions): Promise<GuardResult> {
  if (options.testEvent !== undefined) return testEvent(context, options.testEvent);
  return guard(context, options);
}

/** Keeps every access token of the root alive, one at a time, until it is stopped; one guard per root. */
async function guard(context: Context, options: GuardOptions): Promise<GuardRounds> {
  const { root, clock, signal, home } = context;
  assertOurs(root);
  sweepLeftovers(root, home.authFile);
  const { processes, paths } = root;
  const lock = { directory: paths.locks, clock, processes, waitMs: 0, signal };
  const once = options.once === true;
  // Stopped at any moment, it finishes the refresh it is at and gives its lock back.
  return context.uninterrupted(() =>
    withLock('guard', lock, () => {
      if (!once) announce(context);
      return keepGuarding(context, { once });
    }),
  );
}

/** What is watched over. A pool that cannot be read is told of by the first round. */
function announce(context: Context): void {
  const { io, options, settings } = context;
  if (options.json === true) return;
  const buffer = formatDuration(settings().proactiveRefreshBufferMs);
  const accounts = readableAccounts(context);
  const watched = accounts === undefined ? 'all accounts' : `${accounts} account${accounts === 1 ? '' : 's'}`;
  io.note(`guarding ${watched}: tokens that end within ${buffer} are refreshed; Ctrl-C ends it`);
}

/** With the one that the first round takes in. */
function readableAccounts({ root, home, readingScope }: Context): number | undefined {
  try {
    const roster = readRoster(root, home, readingScope());
    const unstored = roster.accounts.filter(({ isUnstored }) => isUnstored === true);
    return everythingIn(root, home, roster).guarded.length + unstored.length;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function render(result: GuardResult, theme: Theme): string {
  return 'action' in result ? renderEventTest(result, theme) : renderRounds(result, theme);
}

function exitCode(result: GuardResult): ExitCode {
  if ('action' in result) return result.told.some(({ problem }) => problem !== undefined) ? 1 : 0;
  const { stopped, refreshed, adopted, failed, unreachable } = result;
  if (stopped === true) return 130;
  if (failed > 0 && unreachable === failed && refreshed + adopted === 0) return 5;
  return failed > 0 ? 1 : 0;
}

export const guardCommand: Command<GuardOptions, GuardResult> = {
  name: 'guard',
  exchanges: true,
  schema: GuardResult,
  run,
  render,
  endsOnSignal: true,
  exitCode,
};
