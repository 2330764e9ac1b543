import { type Account, describeAccount } from '../core/accounts/account.js';
import { withAccount } from '../core/accounts/pool.js';
import { type Activated, activate } from '../core/codex/activate.js';
import { unadoptableReasons } from '../core/codex/auth-file.js';
import { flockHelpers } from '../core/codex/credential-lock.js';
import { runningDaemon } from '../core/codex/home.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import { withPersonLock } from '../core/storage/person-lock.js';
import { type Store, withStore } from '../core/storage/store.js';
import { refreshDeps } from './backend-access.js';
import type { Context } from './context.js';

export interface ActivationTarget {
  readonly account: Account;
  /** The pool it lives in. */
  readonly scopeKey: string | undefined;
  /** The scope whose choice it is. */
  readonly choosingScopeKey: string | undefined;
}

export interface ActivationChoices {
  /** What no account can take in may make way; a copy is kept. */
  readonly replace: boolean;
  /** A disabled account is enabled as it becomes active. */
  readonly enable?: boolean;
}

/**
 * Makes an account the official client's login, in the fixed order of locks: person, store, `auth.json`. Where the file
 * holds something that no account can take in, it asks, or needs `--replace`.
 */
export async function activateAccount(
  context: Context,
  target: ActivationTarget,
  choices: ActivationChoices,
): Promise<Activated> {
  const { root, home, signal } = context;
  await obtainIdToken(context, target.account);
  const attempt = (replacesUnadoptable: boolean) =>
    withPersonLock(root, target.account, { signal }, () =>
      withStore(root, { signal }, async (store) => {
        const outcome = await activate(store, home, {
          accountId: target.account.id,
          scopeKey: target.scopeKey,
          choosingScopeKey: target.choosingScopeKey,
          replacesUnadoptable,
          flockHelpers,
        });
        if (outcome.kind === 'activated' && choices.enable === true) enable(store, target);
        return outcome;
      }),
    );
  const first = await attempt(choices.replace);
  if (first.kind === 'activated') return first;
  await askToReplace(context, `${home.authFile} holds ${unadoptableReasons[first.reason]}`);
  const second = await attempt(true);
  if (second.kind === 'activated') return second;
  throw new AppError('internal', 'the file could not be replaced although that was agreed');
}

/**
 * The official client needs an id token. A login that came without one gets it by a refresh, its access token good as it
 * may be (DESIGN §7); where none comes, the activation says that a new sign-in is needed.
 */
async function obtainIdToken(context: Context, account: Account): Promise<void> {
  const { idToken, refreshToken, accessToken: rejected } = account.tokens;
  if (idToken !== undefined || refreshToken === undefined) return;
  const { ensureUsable } = await import('../core/oauth/refresh.js');
  const { describeOutcome } = await import('../core/oauth/describe-outcome.js');
  const deps = await refreshDeps(context);
  const outcome = await ensureUsable(deps, definedOnly({ account, reason: 'forced' as const, rejected }));
  if (outcome.kind === 'usable') return;
  const { code, message, hint } = describeOutcome(outcome);
  throw new AppError(code, message, { hint });
}

function enable(store: Store, { account, scopeKey }: ActivationTarget): void {
  const { pool } = store.scope(scopeKey);
  const current = pool.accounts.find(({ id }) => id === account.id);
  if (current?.enabled === false) store.savePool(scopeKey, withAccount(pool, { ...current, enabled: true }));
}

async function askToReplace(context: Context, problem: string): Promise<void> {
  if (!context.io.isInteractive) {
    throw new AppError('confirmation-needed', `${problem}, which would be replaced`, {
      hint: 'add --replace; a copy of the whole file is kept',
    });
  }
  const prompter = await context.prompter();
  if (await prompter.confirm(`${problem}. Keep a copy aside and replace it?`, false)) return;
  throw new AppError('confirmation-needed', `${context.home.authFile} is left as it is`);
}

/** What the person should know after a switch. */
export function warnAfterActivation(context: Context, activated: Activated): void {
  if (activated.keptFile !== undefined) context.warn(`what auth.json held is kept in ${activated.keptFile}`);
  if (!activated.isExclusive) {
    context.warn(
      'neither flock nor perl is installed, so a refresh by the official client at this instant could be lost',
    );
  }
  const daemon = activated.changed ? runningDaemon(context.home, context.root.processes) : undefined;
  if (daemon !== undefined) {
    context.warn(
      `the official client's background server (pid ${daemon}) keeps the old account until: codex app-server daemon restart`,
    );
  }
}

/** The one line about where a login that was found in `auth.json` went. */
export function noteAdoption(context: Context, { adopted }: Activated): void {
  if (adopted === undefined || context.options.json === true) return;
  context.io.note(`adopted ${describeAccount(adopted)}, found in auth.json\n`);
}
