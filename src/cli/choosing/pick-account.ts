import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { percentText } from '../../core/quota/window.js';
import type { Roster } from '../../core/roster/roster.js';
import { decideRoster, policyOf } from '../../core/session/decided-roster.js';
import { requireAccounts } from '../../core/session/selection.js';
import type { Context } from '../program/context.js';
import { stateCells, titleOf, whatIsKnown, whoColumns } from '../render/account-table.js';
import { windowsLeft } from '../render/quota.js';
import { type Column, renderTable } from '../render/table.js';
import type { Cells } from '../render/table-layout.js';
import { createTheme, type Theme } from '../render/theme.js';
import { type AccountView, accountView } from '../views/account-view.js';

/**
 * Asks which of the accounts of a scope is meant, a line each with what tells them apart; the best one now is offered first.
 * Returns its id. Throws `usage` where nobody can answer.
 */
export async function pickAccount(
  { io, clock, options, prompter, settings }: Context,
  roster: Roster,
  { question, unasked, hint }: { readonly question: string; readonly unasked: string; readonly hint: string },
): Promise<string> {
  requireAccounts(roster);
  if (!io.isInteractive) throw new AppError('usage', unasked, { hint });
  const now = clock.now();
  const { decided, recommendation } = decideRoster(roster, { now, ...policyOf(settings()) });
  const accounts = decided.map(({ account, decision }) =>
    accountView(account, decision, { mask: options.mask === true, now }),
  );
  const { find } = await prompter();
  return find(
    question,
    accounts.map((account) => ({
      value: account.id,
      number: account.index,
      short: titleOf(account),
      words: [account.label, account.email, account.workspace, account.plan, account.id].join(' '),
    })),
    {
      start: Math.max(
        0,
        accounts.findIndex(({ id }) => id === recommendation?.id),
      ),
      // The prompt colours the whole line of the selected one.
      linesFor: (width) => linesOf(accounts, createTheme({ ...io.noteStyle, hasColor: false, width }, now)),
    },
  );
}

/** Numbers and words that explain themselves, so that no header is needed, which a prompt has no place for. */
function linesOf(accounts: readonly AccountView[], theme: Theme): string[] {
  const columns: Column<AccountView>[] = [
    ...whoColumns(accounts, 3, theme),
    { title: '', dropOrder: 1, ...whatIsKnown(({ plan }: AccountView) => plan, theme) },
    { title: '', shortenOrder: [2, 5], ...shareCells(theme) },
    { title: '', shortenOrder: [2, 4], ...stateCells(theme) },
  ];
  const untitled = columns.map((column) => ({ ...column, title: '' }));
  return renderTable(untitled, accounts, theme).trimEnd().split('\n').slice(1);
}

function shareCells(theme: Theme): Cells<AccountView> {
  const leftOf = ({ quota }: AccountView) => windowsLeft(quota, theme);
  return {
    text(account) {
      const left = leftOf(account);
      const isShare = left !== theme.symbols.unknown && account.quota?.unlimited !== true;
      return isShare ? `${left} left` : left;
    },
    shorter: [
      leftOf,
      (account) => {
        const { usableNowPercent: usable, unlimited } = account.quota ?? {};
        return usable === undefined || unlimited === true ? leftOf(account) : percentText(usable);
      },
    ],
  };
}

const Ambiguity = z.object({ candidates: z.array(z.object({ id: z.string() })) });

/** Asks on a terminal which of the accounts is meant by a name that stands for several. Returns its id. */
export async function accountMeant(context: Context, error: AppError): Promise<string> {
  const { candidates } = Ambiguity.parse(error.details);
  const [question = '', ...names] = error.message.split('\n');
  const { select } = await context.prompter();
  return select(
    `${question.replace(/:$/, '')}. Which one?`,
    candidates.map(({ id }, position) => ({ value: id, name: names[position]?.trim() ?? id })),
  );
}
