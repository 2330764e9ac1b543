import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { type Enrolment, enrol } from '../../core/accounts/enrolment.js';
import { isSameAccount, normalizeEmailKey } from '../../core/accounts/identity.js';
import { keyOf, type Roster } from '../../core/accounts/roster.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { type RedeemedLogin, redeemGrant } from '../../core/oauth/sign-in.js';
import type { Scope } from '../../core/project/scope.js';
import { withPersonLock } from '../../core/storage/person-lock.js';
import { withStore } from '../../core/storage/store.js';
import { activateAccount, describeAdoption, warnAfterActivation } from '../activation.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { openRoster } from '../selection.js';
import type { ObtainedGrant } from '../sign-in/grant.js';
import { chooseLoginScope, chooseWhom } from '../sign-in/questions.js';
import { checkLabel } from './label.js';

const LoginResult = z.object({
  id: z.string(),
  /** 1-based position in its pool. */
  index: z.number(),
  email: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  userId: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  plan: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  outcome: z.enum(['added', 'updated', 'restored']),
  enabled: z.boolean(),
  /** Whether it is the official client's login now. */
  active: z.boolean(),
  scope: z.object({ kind: z.enum(['global', 'project']), key: z.exactOptional(z.string()) }),
});
type LoginResult = z.infer<typeof LoginResult>;

export interface LoginOptions {
  readonly deviceAuth?: boolean;
  readonly manual?: boolean;
  readonly browser?: boolean;
  readonly label?: string;
  readonly expect?: string;
  /** Absent: decided by what is active now. */
  readonly activate?: boolean;
}

async function login(context: Context, options: LoginOptions): Promise<LoginResult> {
  const label = options.label === undefined ? undefined : checkLabel(options.label);
  const scope = await chooseLoginScope(context);
  const roster = openRoster(context, scope);
  const expected = options.expect ?? (await chooseWhom(context, roster, options));
  const obtained = await obtainGrant(context, options);
  const enrolment = await storeLogin(context, obtained, { scopeKey: keyOf(scope), label, expected });
  const active = await activateIfWanted(context, enrolment, roster, options);
  return resultOf(context, enrolment, active);
}

async function obtainGrant(context: Context, options: LoginOptions): Promise<ObtainedGrant> {
  if (options.deviceAuth === true) return (await import('../sign-in/device-grant.js')).obtainDeviceGrant(context);
  const isManual = options.manual === true || options.browser === false || context.environment.browser === 'none';
  if (isManual) return (await import('../sign-in/manual-grant.js')).obtainManualGrant(context);
  return (await import('../sign-in/browser-grant.js')).obtainBrowserGrant(context);
}

interface Placement {
  readonly scopeKey: string | undefined;
  readonly label: string | undefined;
  readonly expected: string | undefined;
}

/** Redeems the consent and stores the login; the browser shows how that went. */
async function storeLogin(context: Context, obtained: ObtainedGrant, placement: Placement): Promise<Enrolment> {
  const { root, clock, signal } = context;
  try {
    const enrolment = await context.uninterrupted(async () => {
      const deps = { root, clock, http: await context.http(), ...context.provider() };
      const redeemed = await redeemGrant(deps, obtained.grant, placement);
      refuseStranger(redeemed, placement.expected);
      const person = { id: '', ...redeemed.login.identity, tokens: redeemed.login.tokens };
      const stored = await withPersonLock(root, person, { signal }, () =>
        withStore(root, { signal }, (store) => enrol(store, redeemed.login, placement.scopeKey)),
      );
      redeemed.entry.discard();
      return stored;
    });
    await obtained.finish(definedOnly({ kind: 'signed-in' as const, email: enrolment.account.email }));
    return enrolment;
  } catch (error) {
    const message = error instanceof AppError ? error.message : 'something went wrong; see the terminal';
    await obtained.finish({ kind: 'failed', message });
    throw error;
  }
}

function refuseStranger({ login, entry }: RedeemedLogin, expected: string | undefined): void {
  const { email } = login.identity;
  if (expected === undefined) return;
  if (email !== undefined && normalizeEmailKey(email) === normalizeEmailKey(expected)) return;
  entry.discard();
  throw new AppError('identity-mismatch', `signed in as ${email ?? 'somebody without an email'}, not as ${expected}`, {
    hint: 'sign out in the browser or use a private window, then try again; nothing was stored',
  });
}

/** Becomes active when asked to, when nothing else is, when it is the same identity, or on yes at the terminal. */
async function activateIfWanted(
  context: Context,
  { account, scopeKey }: Enrolment,
  roster: Roster,
  options: LoginOptions,
): Promise<boolean> {
  if (!(await wantsActivation(context, account, roster, options))) return false;
  const target = { account, scopeKey, choosingScopeKey: keyOf(roster.scope) };
  const activated = await activateAccount(context, target, { replace: false });
  warnAfterActivation(context, activated);
  const adoption = describeAdoption(activated);
  if (adoption !== undefined && context.options.json !== true) context.io.note(`${adoption}\n`);
  return true;
}

async function wantsActivation(
  context: Context,
  account: Account,
  { authFile }: Roster,
  options: LoginOptions,
): Promise<boolean> {
  if (options.activate !== undefined) return options.activate;
  if (!account.enabled) return false;
  const { content } = authFile;
  if (content === undefined) return true;
  if (content.kind === 'login' && isSameAccount(content.login.identity, account)) return true;
  if (!context.io.isInteractive) return false;
  return (await context.prompter()).confirm(`Make ${describeAccount(account)} the active account?`, false);
}

function resultOf(context: Context, { account, scopeKey, outcome }: Enrolment, active: boolean): LoginResult {
  const { records } = openRoster(context, scopeOf(scopeKey));
  return definedOnly({
    id: account.id,
    index: records.pool.accounts.findIndex(({ id }) => id === account.id) + 1,
    email: account.email,
    accountId: account.accountId,
    userId: account.userId,
    workspace: account.workspaceName,
    plan: account.planType,
    label: account.label,
    outcome,
    enabled: account.enabled,
    active,
    scope: definedOnly({ kind: scopeKey === undefined ? ('global' as const) : ('project' as const), key: scopeKey }),
  });
}

function scopeOf(key: string | undefined): Scope {
  return key === undefined ? { kind: 'global' } : { kind: 'project', key, root: '', legacyKeys: [] };
}

function renderLogin(result: LoginResult, { color, symbols }: Theme): string {
  const { label, email, id, index, active, enabled } = result;
  const name = label ?? email ?? id;
  const verb = { added: 'Signed in to', updated: 'Signed in again to', restored: 'Restored' }[result.outcome];
  const where = [result.workspace, result.plan].filter(Boolean).join(` ${symbols.separator} `);
  const first = `${color.green(symbols.ok)} ${verb} ${color.bold(name)}${where === '' ? '' : ` (${where})`}\n`;
  if (active) return `${first}  The official client uses it from now on.\n`;
  const command = enabled ? `codex-auth switch ${index}` : `codex-auth switch ${index} --enable`;
  return `${first}  ${enabled ? 'To use it' : 'It is disabled; to use it'}: ${command}\n`;
}

export const loginCommand: Command<LoginOptions, LoginResult> = {
  name: 'login',
  schema: LoginResult,
  run: login,
  render: renderLogin,
};
