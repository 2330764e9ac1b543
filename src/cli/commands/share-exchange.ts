import { AppError } from '../../core/errors.js';
import { openRoster } from '../../core/session/selection.js';
import { exchange } from '../../core/sharing/exchange.js';
import { addToShare, withdrawFromShare } from '../../core/sharing/share-logins.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { ExchangeView, exchangeView, renderExchange } from '../sharing/exchange-view.js';
import { idsOf } from '../sharing/named-accounts.js';
import { callShare } from '../sharing/share-call.js';
import { askConsent } from '../terminal/ask-consent.js';

export interface ShareAddOptions {
  readonly selectors: readonly string[];
  /** Every account of the scope. */
  readonly all?: boolean;
}

async function add(context: Context, { selectors, all }: ShareAddOptions): Promise<ExchangeView> {
  if (all !== true && selectors.length === 0) {
    throw new AppError('usage', 'no account is named', { hint: 'codex-auth share add <account>, or add --all' });
  }
  const everybody = () => openRoster(context, context.writingScope()).accounts.map(({ id }) => id);
  const ids = all === true ? everybody() : idsOf(context, selectors);
  const report = await callShare(context, 'Sharing', (deps, deadlineMs) => addToShare(deps, ids, { deadlineMs }));
  return exchangeView(report, context);
}

export interface ShareWithdrawOptions {
  readonly selectors: readonly string[];
  readonly yes?: boolean;
}

async function withdraw(context: Context, { selectors, yes }: ShareWithdrawOptions): Promise<ExchangeView> {
  const ids = idsOf(context, selectors);
  const what = ids.length === 1 ? 'this login' : `these ${ids.length} logins`;
  if (yes !== true) {
    await askConsent(context, {
      question: `Share ${what} no more? The other machines lose it when their access tokens end.`,
      otherwise: 'nothing was withdrawn',
      would: `the other machines would lose ${what}`,
    });
  }
  const report = await callShare(context, 'Withdrawing', (deps, deadlineMs) =>
    withdrawFromShare(deps, ids, { deadlineMs }),
  );
  return exchangeView(report, context);
}

async function sync(context: Context): Promise<ExchangeView> {
  const report = await callShare(context, 'Exchanging', (deps, deadlineMs) => exchange(deps, { deadlineMs }));
  return exchangeView(report, context);
}

function exchangeCommand<Options>(
  run: Command<Options, ExchangeView>['run'],
  nothingNew: string,
): Command<Options, ExchangeView> {
  return {
    name: 'share-exchange',
    schema: ExchangeView,
    run,
    render(result, theme) {
      return renderExchange(result, theme) || `${theme.color.green(theme.symbols.ok)} ${nothingNew}\n`;
    },
  };
}

export const shareAddCommand = exchangeCommand(add, 'Nothing to do: it was so already');
export const shareWithdrawCommand = exchangeCommand(withdraw, 'Nothing to do: it was so already');
export const shareSyncCommand = exchangeCommand(sync, 'Nothing new');
