import * as z from 'zod/mini';
import { type Account, describeAccount, isSetAside } from '../../core/accounts/account.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { runningClients } from '../../core/codex/clients.js';
import { readCodexConfig } from '../../core/codex/config.js';
import { codexHomeAt } from '../../core/codex/home.js';
import { privateHomeAt } from '../../core/codex/private-home.js';
import { refuseRestricted } from '../../core/codex/restrictions.js';
import { environmentVariables } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { isLoginOf } from '../../core/logins/foreign-login.js';
import type { Roster } from '../../core/logins/roster.js';
import { withFileStore } from '../../core/running/file-store.js';
import { makePrivateHome, privateHomeOf } from '../../core/running/private-home.js';
import { findRunnable, type Runnable } from '../../core/running/runnable.js';
import type { ActivationTarget } from '../../core/session/activation.js';
import { indexElsewhere, type Located, openRoster, requireAccounts } from '../../core/session/selection.js';
import { locateAnywhere } from '../../core/session/set-aside.js';
import { shellWord } from '../../core/shell/shell-word.js';
import { accountRef, accountRefShape } from '../account-ref.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { usableEnd, warnAboutEnd } from '../set-aside.js';

const RunResult = z.object({
  /** Absent for `resume` without `--as`. */
  account: z.exactOptional(z.object(accountRefShape)),
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

export interface RunOptions {
  readonly selector?: string;
  readonly best?: boolean;
  readonly model?: string;
  readonly dryRun?: boolean;
  /** What stands after `--`; without it, the official client. */
  readonly command: readonly string[];
}

async function runAs(context: Context, options: RunOptions): Promise<RunResult> {
  refuseWindows(context);
  const { environment, machine, root } = context;
  const shares = privateHomeAt(context.home.directory)?.shares ?? context.home.directory;
  const found = findRunnable(options.command, { environment: environment.raw, cwd: machine.cwd });
  const program = withFileStore(found, shares);
  const roster = openRoster(context, context.readingScope());
  const { account, scopeKey, index } = await chooseAccount(context, roster, options);
  const directory = privateHomeOf(root, account.id);
  const variables = variablesOf(context, account, directory);
  const result = {
    account: accountRef(account, index, context.options.mask === true),
    ...{ home: directory, shares, variables },
    command: [program.path, ...program.arguments],
  };
  if (options.dryRun === true) return result;
  refuseOtherShares(account, directory, shares);
  if (account.isUnstored === true) {
    const { takeInFirst } = await import('../../core/session/take-in.js');
    await takeInFirst(context, account, scopeKey);
  }
  const home = makePrivateHome(root, directory, shares);
  await takeHome({ ...context, home }, { account, scopeKey, choosingScopeKey: roster.records.key });
  return { ...result, status: await start(context, program, variables) };
}

/** The same without another account: in the home that is used anyway, and with the login in it. */
export async function runInPlace(
  context: Context,
  { command, dryRun }: Pick<RunOptions, 'command' | 'dryRun'>,
): Promise<RunResult> {
  const { environment, machine, home } = context;
  const program = findRunnable(command, { environment: environment.raw, cwd: machine.cwd });
  const { directory } = home;
  const result = { home: directory, shares: directory, variables: {}, command: [program.path, ...program.arguments] };
  return dryRun === true ? result : { ...result, status: await start(context, program, {}) };
}

function refuseWindows({ machine }: Context): void {
  if (machine.platform !== 'win32') return;
  throw new AppError('not-allowed', 'run needs links between files, which Windows does not let everybody make', {
    hint: 'use it in WSL',
  });
}

async function chooseAccount(context: Context, roster: Roster, options: RunOptions): Promise<Located> {
  if (options.best === true && options.selector !== undefined) {
    throw new AppError('usage', '--best and an account exclude each other', { hint: 'use one of the two' });
  }
  if (options.best === true) return chooseBest(context, roster, options);
  const located = locateAnywhere(context, roster, options.selector ?? (await askWhich(context, roster)));
  const { account } = located;
  if (!account.enabled) {
    throw new AppError('usage', `${describeAccount(account)} is disabled`, { hint: `codex-auth enable ${account.id}` });
  }
  warnOfEnd(context, roster, account);
  return located;
}

async function askWhich(context: Context, roster: Roster): Promise<string> {
  requireAccounts(roster);
  if (!context.io.isInteractive) {
    throw new AppError('usage', 'run needs to know as which account', {
      hint: 'codex-auth run <index or email> -- <command>, or codex-auth run --best -- <command>',
    });
  }
  const { pickAccount } = await import('../pick-account.js');
  return pickAccount(context, roster, 'Run as which account?');
}

async function chooseBest(context: Context, roster: Roster, { model }: RunOptions): Promise<Located> {
  requireAccounts(roster);
  const { probeAndDecide } = await import('../../core/session/probe-and-decide.js');
  const { probed, decision } = await probeAndDecide(context, roster, {}, { model });
  const chosen = probed.roster.accounts.find(({ id }) => id === decision.recommendation?.id);
  if (chosen === undefined) {
    throw new AppError('not-allowed', 'no account is ready', { hint: 'codex-auth forecast --explain' });
  }
  if (context.options.json !== true) context.io.note(`running as ${describeAccount(chosen)}`);
  return { account: chosen, scopeKey: roster.records.key, index: indexIn(probed.roster, chosen) };
}

function indexIn(roster: Roster, { id }: Account): number {
  const position = roster.accounts.findIndex((each) => each.id === id);
  return position < 0 ? indexElsewhere(roster, id) : position + 1;
}

/** Of a login that nobody can refresh: it is of use as long as its access token lives. */
function warnOfEnd(context: Context, roster: Roster, account: Account): void {
  if (isSetAside(account)) {
    warnAboutEnd(context, account, usableEnd(context, roster, account));
    return;
  }
  const { refreshToken, expiresAt } = account.tokens;
  const now = context.clock.now();
  if (refreshToken !== undefined || expiresAt === undefined || expiresAt <= now) return;
  context.warn(`${describeAccount(account)} cannot be renewed here and runs until ${formatWhen(expiresAt, now)}`);
}

/** The links of a home cannot change below a client that uses it. */
function refuseOtherShares(account: Account, directory: string, shares: string): void {
  const now = privateHomeAt(directory)?.shares;
  if (now === undefined || now === shares) return;
  const [pid] = runningClients(codexHomeAt(directory));
  if (pid === undefined) return;
  throw new AppError(
    'not-allowed',
    `${describeAccount(account)} runs with the sessions and settings of ${now} (pid ${pid})`,
    {
      hint: `end that first, or run it as well with CODEX_HOME=${shellWord(now)}`,
      details: { pid, shares: now },
    },
  );
}

/**
 * Gives the home the login of the account, unless a run before has, and the client has no reason yet to refresh it: then
 * nothing is locked, and several runs start at once.
 */
async function takeHome(context: Context, target: ActivationTarget): Promise<void> {
  if (isReady(context, target.account)) {
    refuseRestricted(readCodexConfig(context.home.directory), target.account);
    return;
  }
  // Loaded only here: most runs find the home ready. What no account can take in is kept aside, as it is our home.
  const { activateAccount } = await import('../../core/session/activation.js');
  const { noteAdoption } = await import('../../core/session/take-in.js');
  const { adopted } = await activateAccount(context, target, { replace: true });
  noteAdoption(context, adopted);
}

function isReady({ home, clock, settings }: Context, account: Account): boolean {
  const { content } = readAuthFile(home);
  if (content?.kind !== 'login' || !isLoginOf(content, account)) return false;
  const { refreshToken, accessToken, expiresAt } = account.tokens;
  const held = content.login.tokens;
  if (held.refreshToken?.equals(refreshToken) !== true || held.accessToken?.equals(accessToken) !== true) return false;
  return !isSetAside(account) && expiresAt !== undefined && expiresAt - settings().refreshAheadMs > clock.now();
}

/** What tells the official client, and whoever else looks, as whom it runs. */
function variablesOf({ root }: Context, account: Account, directory: string): Record<string, string> {
  return {
    [environmentVariables.codexHome]: directory,
    [environmentVariables.rootDir]: root.paths.root,
    [environmentVariables.account]: account.label ?? account.email ?? account.id,
  };
}

async function start({ machine, environment }: Context, program: Runnable, own: Record<string, string>) {
  if (machine.launch === undefined) throw new AppError('internal', 'this process starts no programs');
  // Who called us is not who calls us from inside.
  const { [environmentVariables.invokedAs]: _, ...inherited } = environment.raw;
  return machine.launch({ ...program, variables: { ...inherited, ...own } });
}

/** Only for `--dry-run`: else what ran has spoken for itself. */
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

/** How every command ends that starts another program. */
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
  exchanges: true,
  run: runAs,
};
