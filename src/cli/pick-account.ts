import type { Roster } from '../core/logins/roster.js';
import { percentText } from '../core/quota/window.js';
import { type AccountView, accountView } from './account-view.js';
import type { Context } from './context.js';
import { nameCell, stateCell, titleOf } from './render/account-table.js';
import { windowsLeft } from './render/quota.js';
import { type Cell, type Column, renderTable } from './render/table.js';
import { isSameForAll } from './render/table-layout.js';
import { createTheme, type Theme } from './render/theme.js';
import { standingsOf } from './roster-view.js';

/** What the prompt puts before a choice, and a last column that stays empty. */
const marginWidth = 3;

/** Asks which of the accounts of a scope is meant, a line each with what tells them apart. Returns its id. */
export async function pickAccount(
  { io, clock, options, prompter, settings }: Context,
  roster: Roster,
  question: string,
) {
  const now = clock.now();
  const accounts = standingsOf(roster, now, settings()).map(({ account, standing }) =>
    accountView(account, standing, { mask: options.mask === true, now }),
  );
  // The prompt colours the whole line of the selected one.
  const style = { ...io.noteStyle, hasColor: false, width: io.noteStyle.width - marginWidth };
  const lines = linesOf(accounts, createTheme(style, now));
  const { select } = await prompter();
  return select(
    question,
    accounts.map((account, position) => ({
      name: lines[position] ?? titleOf(account),
      short: titleOf(account),
      value: account.id,
    })),
  );
}

const columns: readonly Column[] = [
  { title: '' },
  { title: '', align: 'right' },
  { title: '', shortenOrder: [3] },
  { title: '', dropOrder: 3, isNeedless: isSameForAll },
  { title: '', dropOrder: 1 },
  { title: '', shortenOrder: [2, 5] },
  { title: '', shortenOrder: [2, 4] },
];

/** Numbers and words that explain themselves, so that no header is needed, which a prompt has no place for. */
function linesOf(accounts: readonly AccountView[], theme: Theme): string[] {
  const [, ...lines] = renderTable(
    columns,
    accounts.map((account) => cellsOf(account, accounts, theme)),
    theme,
  ).split('\n');
  return lines;
}

function cellsOf(account: AccountView, all: readonly AccountView[], theme: Theme): Cell[] {
  const { symbols } = theme;
  const { active, index, workspace, plan, quota } = account;
  const left = windowsLeft(quota, theme);
  const usable = quota?.usableNowPercent;
  return [
    { text: active ? symbols.active : '' },
    { text: String(index) },
    nameCell(account, all),
    { text: workspace ?? symbols.unknown },
    { text: plan ?? symbols.unknown },
    {
      text: left === symbols.unknown ? left : `${left} left`,
      shorter: [() => left, () => (usable === undefined ? left : percentText(usable))],
    },
    stateCell(account, theme),
  ];
}
