import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { changeAccount } from '../change-account.js';
import type { Command } from '../command.js';
import type { Theme } from '../render/theme.js';

const EnableResult = z.object({
  id: z.string(),
  account: z.string(),
  enabled: z.boolean(),
  changed: z.boolean(),
});
type EnableResult = z.infer<typeof EnableResult>;

interface EnableOptions {
  readonly selector: string;
}

function withEnabled(enabled: boolean): (account: Account) => Account {
  return (account) => (account.enabled === enabled ? account : { ...account, enabled });
}

function enablingCommand(name: 'enable' | 'disable'): Command<EnableOptions, EnableResult> {
  const enabled = name === 'enable';
  return {
    name,
    schema: EnableResult,
    async run(context, { selector }) {
      const { account, changed } = await changeAccount(context, selector, withEnabled(enabled));
      return { id: account.id, account: describeAccount(account), enabled, changed };
    },
    render: renderEnable,
  };
}

function renderEnable({ account, enabled, changed }: EnableResult, { color, symbols }: Theme): string {
  const state = enabled ? 'enabled' : 'disabled';
  return `${color.green(symbols.ok)} ${account} ${changed ? 'is now' : 'was already'} ${state}\n`;
}

export const enableCommand = enablingCommand('enable');
export const disableCommand = enablingCommand('disable');
