import * as z from 'zod/mini';
import { changeAccount } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import type { Command } from '../program/command.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const EnableResult = z.object({
  ...accountRefShape,
  scope: PlaceView,
  enabled: z.boolean(),
  changed: z.boolean(),
});
type EnableResult = z.infer<typeof EnableResult>;

interface EnableOptions {
  readonly selector: string;
}

function enablingCommand(name: 'enable' | 'disable'): Command<EnableOptions, EnableResult> {
  const enabled = name === 'enable';
  return {
    name,
    schema: EnableResult,
    async run(context, { selector }) {
      const { account, index, scopeKey, changed, isInUse } = await changeAccount(context, name, selector, (before) =>
        before.enabled === enabled ? before : { ...before, enabled },
      );
      if (!enabled && isInUse) {
        context.warn(
          'the official client is using this account and keeps it until: codex-auth switch <another account>',
        );
      }
      const ref = accountRef(account, index, context.options.mask === true);
      return { ...ref, scope: placeView(scopeKey), enabled, changed };
    },
    render: renderEnable,
  };
}

function renderEnable(result: EnableResult, { color, symbols }: Theme): string {
  const state = result.enabled ? 'enabled' : 'disabled';
  const verb = result.changed ? 'is now' : 'was already';
  return `${color.green(symbols.ok)} ${titleOf(result)} ${verb} ${state}\n`;
}

export const enableCommand = enablingCommand('enable');
export const disableCommand = enablingCommand('disable');
