import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { checkLabel, refuseAddressOfAnother, warnIfShared } from '../../core/session/account-label.js';
import { changeAccount } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const LabelResult = z.object({
  /** `label` is absent when it was taken away. */
  ...accountRefShape,
  scope: PlaceView,
  changed: z.boolean(),
});
type LabelResult = z.infer<typeof LabelResult>;

interface LabelOptions {
  readonly selector: string;
  readonly text: string;
}

async function label(context: Context, { selector, text }: LabelOptions): Promise<LabelResult> {
  const wanted = checkLabel(text);
  const { account, index, scopeKey, changed } = await changeAccount(context, 'label', selector, (before) => {
    refuseAddressOfAnother(context, wanted, before.id);
    return withLabel(before, wanted);
  });
  warnIfShared(context, account.label, account.id);
  return { ...accountRef(account, index, context.options.mask === true), scope: placeView(scopeKey), changed };
}

function withLabel(account: Account, wanted: string | undefined): Account {
  if (account.label === wanted) return account;
  const { label: _, ...unnamed } = account;
  return wanted === undefined ? unnamed : { ...unnamed, label: wanted };
}

function renderLabel(result: LabelResult, { color, symbols }: Theme): string {
  const { id, email, workspace, label: name, changed } = result;
  const who = titleOf(definedOnly({ id, email, workspace }));
  const already = changed ? '' : ' already';
  const outcome =
    name === undefined ? `${who}${already} has no label` : `${who} is${already} called ${color.bold(printable(name))}`;
  return `${color.green(symbols.ok)} ${outcome}\n`;
}

export const labelCommand: Command<LabelOptions, LabelResult> = {
  name: 'label',
  schema: LabelResult,
  run: label,
  render: renderLabel,
};
