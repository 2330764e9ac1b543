import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import { withAccount } from '../../core/accounts/pool.js';
import type { Roster } from '../../core/accounts/roster.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { withStore } from '../../core/storage/store.js';
import { activateAccount, describeAdoption, warnAfterActivation } from '../activation.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { locateAccount, openRoster, requireAccounts } from '../selection.js';

const SwitchResult = z.object({
  /** The account whose login auth.json held before; absent when it was none of ours. */
  previousId: z.exactOptional(z.string()),
  activeId: z.string(),
  /** The account, as messages call it. */
  active: z.string(),
  /** False when auth.json already held exactly this login. */
  changed: z.boolean(),
  authFile: z.string(),
  /** Whether a login found in auth.json was taken in as a new account. */
  adopted: z.boolean(),
  adoptedId: z.exactOptional(z.string()),
  /** Whether auth.json held newer tokens of the previous account, which are stored now. */
  syncedBack: z.boolean(),
  keptFile: z.exactOptional(z.string()),
});
type SwitchResult = z.infer<typeof SwitchResult>;

export interface SwitchOptions {
  readonly selector?: string;
  readonly enable?: boolean;
  readonly replace?: boolean;
}

async function switchAccount(context: Context, options: SwitchOptions): Promise<SwitchResult> {
  const roster = openRoster(context, context.writingScope());
  requireAccounts(roster);
  const selector = options.selector ?? (await pickAccount(context, roster));
  const target = locateAccount(context, roster, selector);
  if (!target.account.enabled) await enableFirst(context, target, options.enable === true);
  const choosingScopeKey = roster.records.key;
  const activated = await activateAccount(
    context,
    { ...target, choosingScopeKey },
    { replace: options.replace === true },
  );
  warnAfterActivation(context, activated);
  const adoption = describeAdoption(activated);
  if (adoption !== undefined && context.options.json !== true) context.io.note(`${adoption}\n`);
  return definedOnly({
    previousId: activated.previous?.id,
    activeId: activated.account.id,
    active: describeAccount(activated.account),
    changed: activated.changed,
    authFile: context.home.authFile,
    adopted: activated.adopted !== undefined,
    adoptedId: activated.adopted?.id,
    syncedBack: activated.syncedBack,
    keptFile: activated.keptFile,
  });
}

async function pickAccount(context: Context, roster: Roster): Promise<string> {
  if (!context.io.isInteractive) {
    throw new AppError('usage', 'switch needs to know which account', { hint: 'codex-auth switch <index or email>' });
  }
  const prompter = await context.prompter();
  return prompter.select(
    'Switch to which account?',
    roster.accounts.map((account) => {
      const mark = account.id === roster.active?.account.id ? ' (active)' : '';
      return { name: describeAccount(account) + mark, value: account.id };
    }),
  );
}

async function enableFirst(
  context: Context,
  { account, scopeKey }: ReturnType<typeof locateAccount>,
  agreed: boolean,
): Promise<void> {
  if (!agreed) {
    throw new AppError('usage', `${describeAccount(account)} is disabled`, {
      hint: `codex-auth switch ${account.id} --enable`,
    });
  }
  await withStore(context.root, { signal: context.signal }, (store) => {
    const { pool } = store.scope(scopeKey);
    const current = pool.accounts.find((each) => each.id === account.id);
    if (current !== undefined) store.savePool(scopeKey, withAccount(pool, { ...current, enabled: true }));
  });
}

function renderSwitch(result: SwitchResult, { color, symbols }: Theme): string {
  const verb = result.changed ? 'Now using' : 'Already using';
  const synced = result.syncedBack ? color.dim(` ${symbols.separator} newer tokens of the previous account saved`) : '';
  return `${color.green(symbols.ok)} ${verb} ${color.bold(result.active)}${synced}\n`;
}

export const switchCommand: Command<SwitchOptions, SwitchResult> = {
  name: 'switch',
  schema: SwitchResult,
  run: switchAccount,
  render: renderSwitch,
};
