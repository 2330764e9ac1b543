import * as z from 'zod/mini';
import { type Account, describeAccount, isSetAside } from '../../core/accounts/account.js';
import { loginStoreKind } from '../../core/codex/official-login.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import type { Roster } from '../../core/roster/roster.js';
import { switchAccount as activate } from '../../core/session/activation.js';
import { describePlace, PlaceView, placeView } from '../../core/session/places.js';
import { locateAnywhere, openRoster } from '../../core/session/selection.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { ExitCode } from '../program/exit-codes.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { latestThreads } from '../running/threads.js';
import { type BindOptions, BindResult, bindDirectory, renderBinding } from '../switching/bind-directory.js';
import { usableEnd, warnAboutEnd } from '../switching/set-aside.js';
import { DaemonRestart, proveActivation, SurfaceView } from '../switching/switch-proof.js';
import { askConsent } from '../terminal/ask-consent.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import { BindingView, bindingHere, bindingText } from '../views/binding-view.js';

const SwitchResult = z.object({
  /** The account whose login auth.json held before; absent when it was none of ours. */
  previousId: z.exactOptional(z.string()),
  activeId: z.string(),
  /** `index` counts the accounts that are set aside for one of those. */
  account: z.object({ ...accountRefShape, scope: PlaceView }),
  /** It lives in another pool than this scope's. */
  isElsewhere: z.boolean(),
  /** For an account that is set aside: when its access token ends, and can no longer be used. */
  usableUntil: z.exactOptional(z.iso.datetime()),
  /** False when auth.json already held exactly this login. */
  changed: z.boolean(),
  authFile: z.string(),
  /** Where the official client keeps its login; `authFile` counts for the file only. */
  store: z.enum(['file', 'keyring']),
  /** Whether a login found in auth.json was taken in as a new account. */
  adopted: z.boolean(),
  adoptedId: z.exactOptional(z.string()),
  /** Whether auth.json held newer tokens of the previous account, which are stored now. */
  syncedBack: z.boolean(),
  keptFile: z.exactOptional(z.string()),
  /** The home that holds the login as a file; the one switched here has a link to it. */
  sharedWith: z.exactOptional(z.string()),
  /** The latest session, where the previous account began it: the client does not show it to the present one. */
  lastSession: z.exactOptional(z.string()),
  /** The official clients that run with this home, and which account each of them uses. */
  surfaces: z.array(SurfaceView),
  /** With `--restart-daemon`, or where it was agreed to. */
  daemonRestart: z.exactOptional(DaemonRestart),
  /** Another account is bound where this was called: plain `codex` goes on as that one there. */
  binding: z.exactOptional(BindingView),
});
type SwitchResult = z.infer<typeof SwitchResult>;

/** With `--here` or `--dir`, which change nobody's login, the result is about a binding. */
const Result = z.union([SwitchResult, BindResult]);
type Result = z.infer<typeof Result>;

export interface SwitchOptions extends BindOptions {
  readonly enable?: boolean;
  readonly replace?: boolean;
  readonly take?: boolean;
  readonly restartDaemon?: boolean;
}

async function switchOrBind(context: Context, options: SwitchOptions): Promise<Result> {
  if (options.here !== true && options.dir === undefined) {
    if (options.clear !== true) return switchAccount(context, options);
    throw new AppError('usage', '--clear is about a binding', { hint: 'codex-auth switch --here --clear' });
  }
  const surplus = (['enable', 'replace', 'take', 'restartDaemon'] as const).find((name) => options[name] === true);
  if (surplus === undefined) return bindDirectory(context, options);
  const option = surplus === 'restartDaemon' ? 'restart-daemon' : surplus;
  const hint = 'leave it out with --here and --dir, which change no login';
  throw new AppError('usage', `--${option} is about the login in use`, { hint });
}

async function switchAccount(context: Context, options: SwitchOptions): Promise<SwitchResult> {
  const roster = openRoster(context, context.writingScope());
  const selector = options.selector ?? (await askWhich(context, roster));
  const { account, scopeKey, index } = locateAnywhere(context, roster, selector);
  const usableUntil = isSetAside(account) ? usableEnd(context, roster, account) : undefined;
  const enable = options.enable === true || (!account.enabled && (await agreesToEnable(context, account)));
  const choosingScopeKey = roster.records.key;
  const activated = await activate(
    context,
    { account, scopeKey, choosingScopeKey },
    { replace: options.replace === true, enable, take: options.take === true },
  );
  if (usableUntil !== undefined) warnAboutEnd(context, account, usableUntil);
  const { surfaces, daemonRestart } = await proveActivation(context, activated, options);
  const adopted = account.isUnstored === true ? activated.account : activated.adopted;
  const ref = accountRef(activated.account, index, context.options.mask === true);
  return definedOnly({
    previousId: activated.previous?.id,
    activeId: activated.account.id,
    account: { ...ref, scope: placeView(scopeKey) },
    isElsewhere: scopeKey !== choosingScopeKey,
    usableUntil: toIso(usableUntil),
    changed: activated.changed,
    authFile: context.home.authFile,
    store: loginStoreKind(context.home),
    adopted: adopted !== undefined,
    adoptedId: adopted?.id,
    syncedBack: activated.syncedBack,
    keptFile: activated.keptFile,
    sharedWith: activated.sharedWith,
    lastSession: lastSessionOf(context, activated.previous),
    surfaces: [...surfaces],
    daemonRestart,
    binding: otherBinding(context, roster, activated.account),
  });
}

/** The binding of this directory to another account. None in a terminal of `run`, where bindings do not count. */
function otherBinding(context: Context, roster: Roster, { id }: Account): BindingView | undefined {
  const binding = roster.sharesHome === undefined ? bindingHere(context, roster) : undefined;
  return binding?.accountId === id ? undefined : binding;
}

/** The latest session, where the previous account began it: what the person was doing until now. */
function lastSessionOf(context: Context, previous: Account | undefined): string | undefined {
  if (previous === undefined) return undefined;
  const [latest] = latestThreads(context, { most: 1 });
  return latest?.account?.id === previous.id ? latest.id : undefined;
}

async function askWhich(context: Context, roster: Roster): Promise<string> {
  const { pickAccount } = await import('../choosing/pick-account.js');
  return pickAccount(context, roster, {
    question: 'Switch to which account?',
    unasked: 'switch needs to know which account',
    hint: 'codex-auth switch <index or email>',
  });
}

/** Throws where the person disabled the account and does not say otherwise now. */
async function agreesToEnable(context: Context, account: Account): Promise<true> {
  const name = describeAccount(account);
  if (!context.io.isInteractive) {
    throw new AppError('usage', `${name} is disabled`, { hint: `codex-auth switch ${account.id} --enable` });
  }
  const otherwise = `${name} stays disabled, and nothing was switched`;
  await askConsent(context, { question: `${name} is disabled. Enable it and use it?`, otherwise });
  return true;
}

function renderSwitch(result: SwitchResult, { color, symbols }: Theme): string {
  const { account, changed, isElsewhere, store, syncedBack, adopted, sharedWith, lastSession, daemonRestart } = result;
  const verb = changed ? 'Now using' : 'Already using';
  const lines = [`${color.green(symbols.ok)} ${verb} ${color.bold(titleOf(account))}`];
  if (isElsewhere) lines.push(`  It lives in ${describePlace(account.scope)}.`);
  if (sharedWith !== undefined)
    lines.push(`  It is in use in ${sharedWith} too, so that both homes share one login file.`);
  if (daemonRestart?.outcome === 'done') lines.push('  The background server was restarted and uses it too.');
  if (syncedBack && !adopted) {
    const place = store === 'file' ? 'auth.json' : 'the keyring';
    lines.push(`  The newer tokens that ${place} held of the previous account are saved.`);
  }
  if (result.binding !== undefined)
    lines.push(
      `  Here it changes nothing: ${bindingText(result.binding)}. To change that: codex-auth switch ${account.index} --here`,
    );
  if (lastSession !== undefined) lines.push(`  To go on with what you were doing: codex-auth resume ${lastSession}`);
  return `${lines.join('\n')}\n`;
}

/** Changes the login in use. */
export const switchCommand: Command<SwitchOptions, SwitchResult> = {
  name: 'switch',
  exchanges: () => true,
  schema: SwitchResult,
  run: switchAccount,
  render: renderSwitch,
  exitCode: exitCodeOf,
};

/** The command as it is typed, with --here and --dir. */
export const switchOrBindCommand: Command<SwitchOptions, Result> = {
  name: 'switch',
  exchanges: () => true,
  schema: Result,
  run: switchOrBind,
  render: (result, theme) => ('change' in result ? renderBinding(result, theme) : renderSwitch(result, theme)),
  exitCode: (result) => ('change' in result ? 0 : exitCodeOf(result)),
};

/** The account is switched all the same; only the restart of the background server is not done. */
function exitCodeOf({ daemonRestart }: SwitchResult): ExitCode {
  return daemonRestart?.outcome === 'refused' || daemonRestart?.outcome === 'failed' ? 1 : 0;
}
