import { printable } from '../../core/printable.js';
import type { TrialView, TriedAccountView } from '../model-view.js';
import { titleOf } from './account-table.js';
import { type Cell, type Column, renderTable } from './table.js';
import type { Theme } from './theme.js';

const columns: readonly Column[] = [
  { title: 'account', minWidth: 12 },
  { title: 'model', minWidth: 12 },
  { title: 'verdict' },
  { title: 'time', align: 'right', dropOrder: 2 },
  { title: 'why', minWidth: 10, dropOrder: 1 },
];

/** A line for each model that was tried with each account, what could not be tried, and a count of the verdicts. */
export function renderTrials(accounts: readonly TriedAccountView[], theme: Theme): string {
  const rows = accounts.flatMap((account) => account.trials.map((trial) => cellsOf(account, trial, theme)));
  const table = rows.length === 0 ? '' : renderTable(columns, rows, theme);
  const failures = accounts.flatMap((account) => failureLine(account, theme)).join('');
  return `${table}${failures}${summaryOf(accounts)}\n`;
}

function cellsOf(
  account: TriedAccountView,
  { model, verdict, latencyMs, message = '' }: TrialView,
  theme: Theme,
): Cell[] {
  const { green, yellow, dim } = theme.color;
  const paint = verdict === 'available' ? green : verdict === 'unsupported' ? dim : yellow;
  return [
    { text: titleOf(account) },
    { text: model },
    { text: verdict.replaceAll('-', ' '), paint },
    { text: `${(latencyMs / 1000).toFixed(1)}s` },
    { text: message },
  ];
}

function failureLine(account: TriedAccountView, { color, symbols }: Theme): string[] {
  const { failure } = account;
  if (failure === undefined) return [];
  const hint = failure.hint === undefined ? '' : ` ${symbols.arrow} ${failure.hint}`;
  return [`${color.red(symbols.error)} ${titleOf(account)}: ${printable(failure.message)}${hint}\n`];
}

function summaryOf(accounts: readonly TriedAccountView[]): string {
  const verdicts = accounts.flatMap(({ trials }) => trials.map(({ verdict }) => verdict));
  const counts = [...new Set(verdicts)].map((verdict) => {
    return `${verdicts.filter((each) => each === verdict).length} ${verdict.replaceAll('-', ' ')}`;
  });
  return counts.length === 0 ? 'no model was tried' : counts.join(', ');
}
