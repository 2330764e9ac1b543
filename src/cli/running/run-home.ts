import { type Account, describeAccount, isSetAside } from '../../core/accounts/account.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { runningClients } from '../../core/codex/clients.js';
import { readCodexConfig } from '../../core/codex/config.js';
import { mayRestrictLogins } from '../../core/codex/config-files.js';
import { codexHomeAt } from '../../core/codex/home.js';
import { privateHomeAt } from '../../core/codex/private-home.js';
import { refuseRestricted } from '../../core/codex/restrictions.js';
import { environmentVariables } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { isLoginOf } from '../../core/lineage/foreign-login.js';
import { printable } from '../../core/printable.js';
import type { Roster } from '../../core/roster/roster.js';
import { makePrivateHome, privateHomeOf } from '../../core/running/private-home.js';
import type { Runnable } from '../../core/running/runnable.js';
import type { ActivationTarget } from '../../core/session/activation.js';
import type { Located } from '../../core/session/selection.js';
import { shellWord } from '../../core/shell/shell-word.js';
import type { Context } from '../program/context.js';
import type { Launch } from '../program/machine.js';

/** Where an account runs, and what tells a program so. */
export interface RunPlace {
  readonly directory: string;
  /** The home of the person, with which it shares everything but the login. */
  readonly shares: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Where the account is to run. Makes nothing yet. */
export function runPlace(context: Context, account: Account): RunPlace {
  const { home, root } = context;
  const shares = privateHomeAt(home.directory)?.shares ?? home.directory;
  const directory = privateHomeOf(root, account.id);
  return { directory, shares, variables: variablesOf(context, account, directory) };
}

/** Makes the home, or brings it up to date, with the login of the account in it. */
export async function takePlace(
  context: Context,
  roster: Roster,
  { account, scopeKey }: Located,
  { directory, shares }: RunPlace,
): Promise<void> {
  refuseOtherShares(account, directory, shares);
  if (account.isUnstored === true) {
    const { takeInFirst } = await import('../../core/session/take-in.js');
    await takeInFirst(context, account, scopeKey);
  }
  const home = makePrivateHome(context.root, directory, shares);
  await takeHome({ ...context, home }, { account, scopeKey, choosingScopeKey: roster.records.key });
}

interface StartOptions extends Pick<Launch, 'isWaitedFor'> {
  readonly announcement?: string | undefined;
}

/** Starts a program, in the place of this one where that can be. */
export async function start(
  { machine, environment, io, options }: Context,
  program: Runnable,
  own: Readonly<Record<string, string>>,
  { announcement, isWaitedFor }: StartOptions = {},
): Promise<number> {
  if (machine.launch === undefined) throw new AppError('internal', 'this process starts no programs');
  // The program that is started calls us by a name of its own, whatever name this process was called by.
  const { [environmentVariables.invokedAs]: _, ...inherited } = environment.raw;
  const isSaid = announcement !== undefined && options.json !== true;
  return machine.launch({
    ...program,
    ...(isSaid ? { announcement: printable(io.shown(announcement)) } : {}),
    ...(isWaitedFor === true ? { isWaitedFor } : {}),
    variables: { ...inherited, ...own },
  });
}

/** Throws where a client runs in the home and its links lead elsewhere: they cannot be changed below that client. */
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
 * Gives the home the login of the account. Where an earlier run has done so, and the client has no reason yet to
 * refresh it, nothing is locked, so that several runs start at once.
 */
async function takeHome(context: Context, target: ActivationTarget): Promise<void> {
  if (isReady(context, target.account)) {
    const { directory } = context.home;
    if (mayRestrictLogins(directory)) refuseRestricted(readCodexConfig(directory), target.account);
    return;
  }
  // Loaded only here: most runs find the home ready. The home is ours, so that what no account can take in is kept
  // aside without a question.
  const { activateAccount } = await import('../../core/session/activation.js');
  const { noteAdoption } = await import('../../core/session/take-in.js');
  const { adopted } = await activateAccount(context, target, { replace: true, isUnnoted: true });
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

/** The variables that tell the official client, and any other program that looks, as whom it runs. */
function variablesOf({ root }: Context, account: Account, directory: string): Record<string, string> {
  return {
    [environmentVariables.codexHome]: directory,
    [environmentVariables.rootDir]: root.paths.root,
    [environmentVariables.account]: account.label ?? account.email ?? account.id,
  };
}
