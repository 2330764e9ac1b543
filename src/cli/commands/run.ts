import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { type SessionCall, sessionCallOf } from '../../core/running/continuation.js';
import { findRunnable, type Runnable, withFileStore } from '../../core/running/runnable.js';
import { openRoster } from '../../core/session/selection.js';
import { shellWord } from '../../core/shell/shell-word.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import type { OnLimit } from '../running/on-limit.js';
import { type AccountWish, chooseRunAccount, type RunAccount } from '../running/run-account.js';
import { runPlace, start, takePlace } from '../running/run-home.js';
import { AccountRef, accountRef } from '../views/account-ref.js';

const RunResult = z.object({
  /** Absent for `resume` without `--as`. */
  account: z.exactOptional(AccountRef),
  /** The home that it runs in, which has the login of this account and all else from `shares`. */
  home: z.string(),
  shares: z.string(),
  /** The program, and what it gets. */
  command: z.array(z.string()),
  /** What its environment gets besides. */
  variables: z.record(z.string(), z.string()),
  /** Absent with `--dry-run`: its exit status, which is that of this command too. */
  status: z.exactOptional(z.number()),
});
export type RunResult = z.infer<typeof RunResult>;

export interface RunOptions extends AccountWish {
  readonly onLimit?: OnLimit;
  readonly dryRun?: boolean;
  /** What stands after `--`; without it, the official client. */
  readonly command: readonly string[];
}

async function runAs(context: Context, options: RunOptions): Promise<RunResult> {
  const { environment, machine } = context;
  if (machine.platform === 'win32') {
    throw new AppError('not-allowed', 'run needs links between files, which Windows does not let everybody make', {
      hint: 'use it in WSL',
    });
  }
  const found = findRunnable(options.command, { environment: environment.raw, cwd: machine.cwd });
  const call = options.onLimit === undefined ? undefined : requireSessionCall(found);
  const roster = openRoster(context, context.readingScope());
  const chosen = await chooseRunAccount(context, roster, options);
  if (chosen === undefined) return runInPlace(context, { ...options, announcement: unbound });
  const { account, index, announcement } = chosen;
  const place = runPlace(context, account);
  const { directory: home, shares, variables } = place;
  const program = withFileStore(found, shares);
  const command = [program.path, ...program.arguments];
  const ref = accountRef(account, index, context.options.mask === true);
  const result = { account: ref, home, shares, variables, command };
  if (options.dryRun === true) return result;
  await takePlace(context, roster, chosen, place);
  if (call === undefined) return { ...result, status: await start(context, program, variables, { announcement }) };
  const { runWithLimit } = await import('../running/on-limit.js');
  return {
    ...result,
    status: await runWithLimit(context, { ...options, call, program: found, account, announcement }),
  };
}

/**
 * Throws for a program without a session that can go on: only the client has one, and not in each of its subcommands.
 */
function requireSessionCall(program: Runnable): SessionCall {
  const call = sessionCallOf(program);
  if (call !== undefined) return call;
  throw new AppError('usage', '--on-limit goes on with a session of codex or codex exec, and this command has none', {
    hint: 'leave out --on-limit, or run codex or codex exec',
  });
}

const unbound = 'this directory is bound to no account: running as the one in use';

/** Runs without changing the account: in the home that is used anyway, and with the login in it. */
export async function runInPlace(
  context: Context,
  { command, dryRun, announcement }: Pick<RunOptions, 'command' | 'dryRun'> & Pick<RunAccount, 'announcement'>,
): Promise<RunResult> {
  const { environment, machine, home } = context;
  const program = findRunnable(command, { environment: environment.raw, cwd: machine.cwd });
  const { directory } = home;
  const result = { home: directory, shares: directory, variables: {}, command: [program.path, ...program.arguments] };
  return dryRun === true ? result : { ...result, status: await start(context, program, {}, { announcement }) };
}

/** Printed only with `--dry-run`: without it the program that ran has said everything. */
function renderRun({ account, command, variables, shares }: RunResult, { color }: Theme): string {
  const words = (all: readonly string[]) => all.map(shellWord).join(' ');
  const as = account === undefined ? '' : ` as ${color.bold(titleOf(account))}`;
  const lines = [
    `Would run${as}: ${words(command)}`,
    ...Object.entries(variables).map(([name, value]) => `  ${name}=${shellWord(value)}`),
    ...(account === undefined
      ? []
      : [color.dim(`  Sessions, settings and all else but the login are those of ${shares}.`)]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What every command that starts another program has in common. */
export const ofAnotherProgram = {
  schema: RunResult,
  render: renderRun,
  // From its start on, the program hears what is typed, and decides what it means.
  endsOnSignal: true as const,
  passesOn: ({ status }: RunResult) => status,
};

export const runCommand: Command<RunOptions, RunResult> = {
  ...ofAnotherProgram,
  name: 'run',
  exchanges: () => true,
  run: runAs,
};
