import { type Account, describeAccount } from '../core/accounts/account.js';
import { type Activated, activate } from '../core/codex/activate.js';
import { flockHelpers } from '../core/codex/credential-lock.js';
import { runningDaemon } from '../core/codex/home.js';
import { unadoptableReasons } from '../core/codex/sync-back.js';
import { AppError } from '../core/errors.js';
import { withPersonLock } from '../core/storage/person-lock.js';
import { withStore } from '../core/storage/store.js';
import type { Context } from './context.js';

export interface ActivationTarget {
  readonly account: Account;
  /** The pool it lives in. */
  readonly scopeKey: string | undefined;
  /** The scope whose choice it is. */
  readonly choosingScopeKey: string | undefined;
}

/**
 * Makes an account the official client's login, in the fixed order of locks: person, store, `auth.json`. Where the file
 * holds something that no account can take in, it asks, or needs `--replace`.
 */
export async function activateAccount(
  context: Context,
  target: ActivationTarget,
  choices: { readonly replace: boolean },
): Promise<Activated> {
  const { root, home, signal } = context;
  const attempt = (replacesUnadoptable: boolean) =>
    withPersonLock(root, target.account, { signal }, () =>
      withStore(root, { signal }, (store) =>
        activate(store, home, {
          accountId: target.account.id,
          scopeKey: target.scopeKey,
          choosingScopeKey: target.choosingScopeKey,
          replacesUnadoptable,
          flockHelpers,
        }),
      ),
    );
  const first = await attempt(choices.replace);
  if (first.kind === 'activated') return first;
  const held = unadoptableReasons[first.reason];
  await askToReplace(context, `${home.authFile} holds ${held}`);
  const second = await attempt(true);
  if (second.kind === 'activated') return second;
  throw new AppError('internal', 'the file could not be replaced although that was agreed');
}

async function askToReplace(context: Context, problem: string): Promise<void> {
  const consent =
    context.io.isInteractive &&
    (await (await context.prompter()).confirm(`${problem}. Keep a copy aside and replace it?`, false));
  if (consent) return;
  throw new AppError('confirmation-needed', `${problem}, which would be replaced`, {
    hint: 'add --replace; a copy of the whole file is kept',
  });
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
export function describeAdoption({ adopted }: Activated): string | undefined {
  return adopted === undefined ? undefined : `adopted ${describeAccount(adopted)}, found in auth.json`;
}
