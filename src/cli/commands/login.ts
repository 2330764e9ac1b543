import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { isSameAccount } from '../../core/accounts/identity.js';
import { unadoptableReasons } from '../../core/codex/auth-file.js';
import { readAuthFile, readAuthFileForDisplay } from '../../core/codex/auth-file-state.js';
import { loginName } from '../../core/codex/official-login.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import type { Scope } from '../../core/project/scope.js';
import { keyOf } from '../../core/roster/roster.js';
import { activateAccount } from '../../core/session/activation.js';
import { describePlace, PlaceView, placeView, setupPlace } from '../../core/session/places.js';
import { openRoster } from '../../core/session/selection.js';
import { whileWaiting } from '../../core/session/session.js';
import { noteAdoption, takeInAny } from '../../core/session/take-in.js';
import { shellWord } from '../../core/shell/shell-word.js';
import { readWiring, wiringProblem } from '../../core/shell/wiring.js';
import type { Consent, ConsentRequest } from '../../core/sign-in/consent.js';
import { checkWishes } from '../../core/sign-in/sign-in.js';
import { type StoredLogin, storeLogin } from '../../core/sign-in/store-login.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { chooseLoginScope, chooseWhom, type Whom } from '../sign-in/questions.js';
import { proveActivation } from '../switching/switch-proof.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const LoginResult = z.object({
  ...accountRefShape,
  userId: z.exactOptional(z.string()),
  plan: z.exactOptional(z.string()),
  outcome: z.enum(['added', 'updated', 'restored']),
  enabled: z.boolean(),
  /** Whether it is the official client's login now. */
  active: z.boolean(),
  /** `failed`: it was to become active and could not, which a warning explains; the login is stored all the same. */
  activation: z.enum(['done', 'not-asked', 'failed']),
  /** The command that makes it active, when it is not. */
  next: z.exactOptional(z.string()),
  scope: PlaceView,
  /** It lived in another pool than the one this login was for, and was updated there. */
  isElsewhere: z.boolean(),
  /** The command that brings it here, when it lives elsewhere: it has one place only. */
  move: z.exactOptional(z.string()),
});
type LoginResult = z.infer<typeof LoginResult>;

interface LoginOptions {
  readonly deviceAuth?: boolean;
  readonly manual?: boolean;
  readonly browser?: boolean;
  readonly label?: string;
  readonly expect?: string;
  /** Absent: decided by what is active now. */
  readonly activate?: boolean;
  /** Who is to sign in, where that has been asked already. */
  readonly whom?: Whom;
}

async function login(context: Context, options: LoginOptions): Promise<LoginResult> {
  if (options.deviceAuth === true && (options.manual === true || options.browser === false)) {
    throw new AppError('usage', '--device-auth and --manual are two ways to sign in', { hint: 'use one of the two' });
  }
  const { label, expected: asked } = checkWishes(context, options);
  const { scope, unasked } = await chooseLoginScope(context);
  const roster = openRoster(context, scope);
  await takeInAny(context, roster, keyOf(scope));
  const expected = asked ?? (await chooseWhom(context, roster, options));
  // The address of the sign-in page would show the email that `--mask` hides.
  const loginHint = context.options.mask === true ? undefined : expected?.email;
  const consent = await askForConsent(context, options, definedOnly({ loginHint }));
  const storing = storeLogin(context, consent, { scopeKey: keyOf(scope), label, expected });
  const stored = await whileWaiting(context, 'Fetching the tokens', storing);
  if (unasked !== undefined && stored.scopeKey === keyOf(scope)) {
    const move = `codex-auth move ${stored.account.id} --to global`;
    context.warn(`the account is kept for the project ${unasked} only; to have it everywhere: ${move}`);
  }
  warnAboutWiring(context);
  const activation = await activateIfWanted(context, stored, scope, options);
  return resultOf(context, stored, scope, activation);
}

async function askForConsent(context: Context, options: LoginOptions, request: ConsentRequest): Promise<Consent> {
  if (options.deviceAuth === true) return (await import('../sign-in/device-sign-in.js')).askOnDevice(context);
  const isManual = options.manual === true || options.browser === false || context.environment.browser === 'none';
  if (isManual) return (await import('../sign-in/manual-sign-in.js')).askForPaste(context, request);
  return (await import('../sign-in/browser-sign-in.js')).askInBrowser(context, request);
}

/** Makes the login active. It is stored by now, so that whatever goes wrong here is a warning. */
async function activateIfWanted(
  context: Context,
  { account, scopeKey }: StoredLogin,
  scope: Scope,
  options: LoginOptions,
): Promise<LoginResult['activation']> {
  try {
    if (!(await wantsActivation(context, account, options))) return 'not-asked';
    if (!account.enabled) throw new AppError('usage', 'it is disabled');
    const target = { account, scopeKey, choosingScopeKey: keyOf(scope) };
    const activated = await activateAccount(context, target, { replace: false });
    noteAdoption(context, activated.adopted);
    await proveActivation(context, activated);
    return 'done';
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    if (error.code === 'confirmation-needed' && options.activate !== true) return 'not-asked';
    context.warn(`the login is stored, but is not the active one: ${error.message}`);
    return 'failed';
  }
}

/**
 * The login becomes active when that is asked for, when nothing else is active, when the active login is of the same
 * account, or on yes at the terminal.
 */
async function wantsActivation(context: Context, account: Account, options: LoginOptions): Promise<boolean> {
  if (options.activate !== undefined) return options.activate;
  if (!account.enabled) return false;
  const { content } = readAuthFile(context.home);
  if (content === undefined) return true;
  if (content.kind === 'login' && isSameAccount(content.login.identity, account)) return true;
  if (content.kind === 'unadoptable') {
    // Replacing a login that cannot be taken in has a question of its own.
    if (context.io.isInteractive) return true;
    context.warn(`${loginName(context.home)} holds ${unadoptableReasons[content.reason]}, so it is left as it is`);
  }
  if (!context.io.isInteractive) return false;
  const question = `Signed in to ${describeAccount(account)}. Make it the active account?`;
  return (await context.prompter()).confirm(question, false);
}

function resultOf(
  context: Context,
  { account, scopeKey, outcome, index }: StoredLogin,
  scope: Scope,
  activation: LoginResult['activation'],
): LoginResult {
  const isElsewhere = scopeKey !== keyOf(scope);
  const active = activation === 'done' || (activation === 'not-asked' && isInUse(context, account));
  const here = scope.kind === 'global' ? 'global' : shellWord(context.options.project ?? '.');
  return definedOnly({
    ...accountRef(account, index, context.options.mask === true),
    userId: account.userId,
    plan: account.planType,
    outcome,
    enabled: account.enabled,
    active,
    activation,
    next: active ? undefined : switchCommand(context, account, isElsewhere ? undefined : index),
    scope: placeView(scopeKey),
    isElsewhere,
    move: isElsewhere ? `codex-auth move ${account.id} --to ${here}` : undefined,
  });
}

/** A file that held the account before has the new login now, asked or not. */
function isInUse({ home }: Context, { tokens }: Account): boolean {
  const { content } = readAuthFileForDisplay(home);
  return content?.kind === 'login' && content.login.tokens.refreshToken?.equals(tokens.refreshToken) === true;
}

/** The command that makes the account active; an index means something only in the scope of a later command. */
function switchCommand(context: Context, account: Account, index: number | undefined): string {
  const { global, project } = context.options;
  const selector = index === undefined || global === true || project !== undefined ? account.id : index;
  const needsConsent = readAuthFileForDisplay(context.home).content?.kind === 'unadoptable';
  return `codex-auth switch ${selector}${account.enabled ? '' : ' --enable'}${needsConsent ? ' --replace' : ''}`;
}

function renderLogin(result: LoginResult, { color, symbols }: Theme): string {
  const verb = { added: 'Signed in to', updated: 'Signed in again to', restored: 'Restored' }[result.outcome];
  const where = printable([result.workspace, result.plan].filter(Boolean).join(` ${symbols.separator} `));
  const lines = [
    `${color.green(symbols.ok)} ${verb} ${color.bold(nameOf(result))}${where === '' ? '' : ` (${where})`}`,
  ];
  if (result.isElsewhere) {
    lines.push(
      `  It lives in ${describePlace(result.scope)} and was updated there; to have it here: ${result.move ?? ''}`,
    );
  }
  if (result.active) lines.push('  The official client uses it from now on.');
  else lines.push(`  ${result.enabled ? 'To use it' : 'It is disabled; to use it'}: ${result.next ?? ''}`);
  return `${lines.join('\n')}\n`;
}

export const loginCommand: Command<LoginOptions, LoginResult> = {
  name: 'login',
  schema: LoginResult,
  run: login,
  render: renderLogin,
  exitCode: ({ activation }) => (activation === 'failed' ? 1 : 0),
};

/** Warns while `codex auth logout`, typed for this program, would end the login at the official client. */
function warnAboutWiring(context: Context): void {
  const problem = wiringProblem(readWiring(setupPlace(context)));
  if (problem !== undefined) context.warn(`${problem.message}: ${problem.command}`);
}
