import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import type { Roster } from '../../core/accounts/roster.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { accountRef, accountRefShape } from '../account-ref.js';
import { describePlace, PlaceView, placeView } from '../account-view.js';
import { activateAccount, noteAdoption, warnAfterActivation } from '../activation.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { locateAccount, openRoster, requireAccounts } from '../selection.js';

const SwitchResult = z.object({
  /** The account whose login auth.json held before; absent when it was none of ours. */
  previousId: z.exactOptional(z.string()),
  activeId: z.string(),
  account: z.object({ ...accountRefShape, scope: PlaceView }),
  /** It lives in another pool than this scope's. */
  isElsewhere: z.boolean(),
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
  const selector = options.selector ?? (await pickAccount(context, roster));
  const target = locateAccount(context, roster, selector);
  const { account, scopeKey, index } = target;
  if (!account.enabled && options.enable !== true) {
    throw new AppError('usage', `${describeAccount(account)} is disabled`, {
      hint: `codex-auth switch ${account.id} --enable`,
    });
  }
  const choosingScopeKey = roster.records.key;
  const activated = await activateAccount(
    context,
    { account, scopeKey, choosingScopeKey },
    { replace: options.replace === true, enable: options.enable === true },
  );
  warnAfterActivation(context, activated);
  noteAdoption(context, activated);
  const ref = accountRef(activated.account, index, context.options.mask === true);
  return definedOnly({
    previousId: activated.previous?.id,
    activeId: activated.account.id,
    account: { ...ref, scope: placeView(scopeKey) },
    isElsewhere: scopeKey !== choosingScopeKey,
    changed: activated.changed,
    authFile: context.home.authFile,
    adopted: activated.adopted !== undefined,
    adoptedId: activated.adopted?.id,
    syncedBack: activated.syncedBack,
    keptFile: activated.keptFile,
  });
}

async function pickAccount(context: Context, roster: Roster): Promise<string> {
  requireAccounts(roster);
  if (!context.io.isInteractive) {
    throw new AppError('usage', 'switch needs to know which account', { hint: 'codex-auth switch <index or email>' });
  }
  const prompter = await context.prompter();
  return prompter.select(
    'Switch to which account?',
    roster.accounts.map((account, position) => ({
      name: `${position + 1}  ${describeAccount(account)}${markOf(roster, account.id)}`,
      value: account.id,
      ...(account.enabled ? {} : { disabled: '(disabled)' }),
    })),
  );
}

function markOf({ active }: Roster, id: string): string {
  return active?.account.id === id ? ' (active)' : '';
}

function renderSwitch(result: SwitchResult, { color, symbols }: Theme): string {
  const { account, changed, isElsewhere, syncedBack, adopted } = result;
  const verb = changed ? 'Now using' : 'Already using';
  const lines = [`${color.green(symbols.ok)} ${verb} ${color.bold(titleOf(account))}`];
  if (isElsewhere) lines.push(`  It lives in ${describePlace(account.scope)}.`);
  if (syncedBack && !adopted) lines.push(`  The newer tokens that auth.json held of the previous account are saved.`);
  return `${lines.join('\n')}\n`;
}

export const switchCommand: Command<SwitchOptions, SwitchResult> = {
  name: 'switch',
  schema: SwitchResult,
  run: switchAccount,
  render: renderSwitch,
};
