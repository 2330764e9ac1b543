import { AppError } from '../../core/errors.js';
import { whileWaiting } from '../../core/session/session.js';
import { shareDeps } from '../../core/session/share-access.js';
import { addToShare, withdrawFromShare } from '../../core/sharing/share-logins.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { ExchangeView, exchangeView, renderExchange } from '../sharing/exchange-view.js';
import { accountNames, idsOf, idsOfScope } from '../sharing/named-accounts.js';
import { shareDeadlineMs } from '../sharing/share-deadline.js';

export interface ShareAddOptions {
  readonly selectors: readonly string[];
  /** Every account of the scope. */
  readonly all?: boolean;
}

async function add(context: Context, { selectors, all }: ShareAddOptions): Promise<ExchangeView> {
  const deps = shareDeps(context);
  const ids = all === true ? idsOfScope(context) : idsOf(context, named(selectors));
  const adding = context.uninterrupted(() => addToShare(deps, ids, { deadlineMs: shareDeadlineMs(context) }));
  return exchangeView(await whileWaiting(context, 'Sharing', adding), () => accountNames(context));
}

function named(selectors: readonly string[]): readonly string[] {
  if (selectors.length > 0) return selectors;
  throw new AppError('usage', 'no account is named', { hint: 'codex-auth share add <account>, or add --all' });
}

export interface ShareWithdrawOptions {
  readonly selectors: readonly string[];
  readonly yes?: boolean;
}

async function withdraw(context: Context, { selectors, yes }: ShareWithdrawOptions): Promise<ExchangeView> {
  const deps = shareDeps(context);
  const ids = idsOf(context, selectors);
  if (yes !== true) await askToWithdraw(context, ids.length);
  const withdrawing = context.uninterrupted(() =>
    withdrawFromShare(deps, ids, { deadlineMs: shareDeadlineMs(context) }),
  );
  return exchangeView(await whileWaiting(context, 'Withdrawing', withdrawing), () => accountNames(context));
}

async function askToWithdraw(context: Context, count: number): Promise<void> {
  const what = count === 1 ? 'this login' : `these ${count} logins`;
  if (!context.io.isInteractive) {
    throw new AppError('confirmation-needed', `the other machines would lose ${what}`, { hint: 'add --yes' });
  }
  const question = `Share ${what} no more? The other machines lose it when their access tokens end.`;
  await (await context.prompter()).consent(question, false, 'nothing was withdrawn');
}

function renderChanges(result: ExchangeView, theme: Theme): string {
  const text = renderExchange(result, theme);
  return text === '' ? `${theme.color.green(theme.symbols.ok)} Nothing to do: it was so already\n` : text;
}

const exchanged = { name: 'share-exchange', schema: ExchangeView, render: renderChanges } as const;

export const shareAddCommand: Command<ShareAddOptions, ExchangeView> = { ...exchanged, run: add };
export const shareWithdrawCommand: Command<ShareWithdrawOptions, ExchangeView> = { ...exchanged, run: withdraw };
