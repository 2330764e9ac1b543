import { whileWaiting } from '../../core/session/session.js';
import { shareDeps } from '../../core/session/share-access.js';
import { exchange } from '../../core/sharing/exchange.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { ExchangeView, exchangeView, renderExchange } from '../sharing/exchange-view.js';
import { accountNames } from '../sharing/named-accounts.js';
import { shareDeadlineMs } from '../sharing/share-deadline.js';

async function sync(context: Context): Promise<ExchangeView> {
  const deadlineMs = shareDeadlineMs(context);
  const exchanging = context.uninterrupted(() => exchange(shareDeps(context), { deadlineMs }));
  return exchangeView(await whileWaiting(context, 'Exchanging', exchanging), () => accountNames(context));
}

function renderSync(result: ExchangeView, theme: Theme): string {
  const text = renderExchange(result, theme);
  return text === '' ? `${theme.color.green(theme.symbols.ok)} Nothing new\n` : text;
}

export const shareSyncCommand: Command<object, ExchangeView> = {
  name: 'share-exchange',
  schema: ExchangeView,
  run: sync,
  render: renderSync,
};
