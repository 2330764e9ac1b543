import { existsSync } from 'node:fs';
import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import type { EventName } from '../../core/event-names.js';
import { everythingIn } from '../../core/guarding/everything.js';
import { ProgramChange } from '../../core/guarding/program-change.js';
import { readRoster } from '../../core/roster/roster.js';
import { assertOurs } from '../../core/storage/adoption.js';
import { withLock } from '../../core/storage/file-lock.js';
import { sweepLeftovers } from '../../core/storage/leftovers.js';
import { EventTest, renderEventTest, testEvent } from '../guarding/delivery.js';
import {
  installService,
  renderChange,
  ServiceChange,
  type ServiceOptions,
  uninstallService,
} from '../guarding/install.js';
import { type Guarding, GuardRounds, keepGuarding, renderRounds } from '../guarding/keep-guarding.js';
import {
  keepLogLine,
  readLog,
  renderLogs,
  renderStatus,
  ServiceLogs,
  ServiceStatus,
  serviceStatus,
} from '../guarding/service-status.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { ExitCode } from '../program/exit-codes.js';
import type { Theme } from '../render/theme.js';
import { formatDuration } from '../render/time.js';

const GuardResult = z.union([GuardRounds, EventTest, ServiceChange, ServiceStatus, ServiceLogs]);
type GuardResult = z.infer<typeof GuardResult>;

export interface GuardOptions extends ServiceOptions {
  readonly once?: boolean;
  readonly testEvent?: EventName;
  readonly install?: true;
  readonly uninstall?: true;
  readonly status?: true;
  readonly logs?: true;
  /** Started by the service that `install` has made. */
  readonly service?: true;
}

async function run(context: Context, options: GuardOptions): Promise<GuardResult> {
  const { once, testEvent: event, install, uninstall, status, logs, service } = options;
  const wishes = [once, event, install, uninstall, status, logs, service].filter((wish) => wish !== undefined);
  if (wishes.length > 1) {
    const hint = 'codex-auth guard --help';
    throw new AppError(
      'usage',
      '--once, --test-event, --install, --uninstall, --status and --logs exclude each other',
      { hint },
    );
  }
  if (event !== undefined) return testEvent(context, event);
  if (install) return installService(context, options);
  if (uninstall) return uninstallService(context, options);
  if (status) return serviceStatus(context);
  if (logs) return readLog(context.root);
  return guard(context, options);
}

/** Keeps every access token of the root alive, one at a time, until it is stopped; one guard per root. */
async function guard(context: Context, options: GuardOptions): Promise<GuardRounds> {
  const { root, clock, signal, home } = context;
  assertOurs(root);
  sweepLeftovers(root, home.authFile);
  const { processes, paths } = root;
  const lock = { directory: paths.locks, clock, processes, waitMs: 0, signal };
  const guarding = guardingOf(context, options);
  // A guard that is stopped at any moment finishes the refresh it is at and gives its lock back.
  return context.uninterrupted(() =>
    withLock('guard', lock, () => {
      if (!guarding.once) announce(context);
      return keepGuarding(context, guarding);
    }),
  );
}

/** Throws `storage-conflict` for a service whose root is not there: it would make a new and empty one. */
function guardingOf({ root, machine }: Context, { once, service }: GuardOptions): Guarding {
  if (service !== true) return { once: once === true };
  const path = root.paths.root;
  if (!existsSync(path)) {
    throw new AppError('storage-conflict', `${path}, which this service guards, is not there`, {
      hint: 'where it is now: codex-auth guard --install',
      details: { path },
    });
  }
  const program = new ProgramChange(machine.program.script);
  return { once: false, program, keepLine: (line) => keepLogLine(root, line) };
}

/** Notes what is guarded. Where a pool cannot be read, the first round tells so. */
function announce(context: Context): void {
  const { io, options, settings } = context;
  if (options.json === true) return;
  const buffer = formatDuration(settings().proactiveRefreshBufferMs);
  const accounts = readableAccounts(context);
  const watched = accounts === undefined ? 'all accounts' : `${accounts} account${accounts === 1 ? '' : 's'}`;
  io.note(`guarding ${watched}: tokens that end within ${buffer} are refreshed; Ctrl-C ends it`);
}

/** How many accounts are guarded, with the unstored one that the first round takes in; undefined where unknown. */
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
  if (!('action' in result)) return renderRounds(result, theme);
  switch (result.action) {
    case 'test-event':
      return renderEventTest(result, theme);
    case 'status':
      return renderStatus(result, theme);
    case 'logs':
      return renderLogs(result);
    default:
      return renderChange(result, theme);
  }
}

function exitCode(result: GuardResult): ExitCode {
  if ('action' in result) return needsAttention(result) ? 1 : 0;
  const { stopped, updated, refreshed, adopted, failed, unreachable } = result;
  if (stopped === true) return 130;
  if (updated === true) return 1;
  if (failed > 0 && unreachable === failed && refreshed + adopted === 0) return 5;
  return failed > 0 ? 1 : 0;
}

function needsAttention(result: Exclude<GuardResult, GuardRounds>): boolean {
  if (result.action === 'test-event') return result.told.some(({ problem }) => problem !== undefined);
  if (result.action !== 'status') return false;
  const { installed, started, gone, stale, guard: guarding } = result;
  return !installed || !started || gone !== undefined || stale.length > 0 || guarding === undefined;
}

export const guardCommand: Command<GuardOptions, GuardResult> = {
  name: 'guard',
  exchanges: ({ testEvent, install, uninstall, status, logs }) =>
    [testEvent, install, uninstall, status, logs].every((wish) => wish === undefined),
  schema: GuardResult,
  run,
  render,
  endsOnSignal: true,
  exitCode,
};
