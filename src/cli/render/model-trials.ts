import measureWidth from 'fast-string-width';
import { printable } from '../../core/printable.js';
import { isObstruction } from '../../core/session/failure.js';
import type { TrialView, TriedAccountView } from '../views/model-view.js';
import { titleOf } from './account-table.js';
import { obstructionLines } from './shared-failures.js';
import { type Cell, type Column, renderTable } from './table.js';
import type { Theme } from './theme.js';

const columns: readonly Column[] = [
  { title: 'account' },
  { title: 'model' },
  { title: 'verdict' },
  { title: 'time', align: 'right', dropOrder: 2 },
];

const why: Column = { title: 'why' };

/** A line for each model that was tried with each account, what could not be tried, and a count of the verdicts. */
export function renderTrials(accounts: readonly TriedAccountView[], theme: Theme): string {
  const trials = accounts.flatMap((account) => account.trials.map((trial) => ({ account, trial })));
  const table = trials.length === 0 ? '' : tableOf(trials, theme);
  const failures = accounts.flatMap((account) => failureLine(account, theme)).join('');
  const inTheWay = obstructionLines(
    accounts.flatMap(({ failure }) => failure ?? []),
    theme,
  ).join('');
  return `${table}${failures}${inTheWay}${summaryOf(accounts)}\n`;
}

interface TrialRow {
  readonly account: TriedAccountView;
  readonly trial: TrialView;
}

/** With the reasons in a column of their own where they fit in full, else each beneath its line. */
function tableOf(trials: readonly TrialRow[], theme: Theme): string {
  const { color, style } = theme;
  const rows = trials.map(({ account, trial }) => cellsOf(account, trial, theme));
  const reasons = trials.map(({ trial: { message = '' } }) => message);
  const full = rows.map((row, line) => [...row, { text: reasons[line] ?? '' }]);
  const inFull = renderTable([...columns, why], full, { ...theme, style: { ...style, isFitted: false } });
  if (!style.isFitted || inFull.split('\n').every((line) => measureWidth(line) <= style.width)) return inFull;
  const [header = '', ...lines] = renderTable(columns, rows, theme).trimEnd().split('\n');
  const explained = lines.flatMap((line, position) => {
    const reason = printable(reasons[position] ?? '');
    return reason === '' ? [line] : [line, `  ${color.dim(reason)}`];
  });
  return [header, ...explained].map((line) => `${line}\n`).join('');
}

function cellsOf(account: TriedAccountView, { model, verdict, latencyMs }: TrialView, theme: Theme): Cell[] {
  const { green, yellow, dim } = theme.color;
  const paint = verdict === 'available' ? green : verdict === 'unsupported' ? dim : yellow;
  return [
    { text: titleOf(account) },
    { text: model },
    { text: verdict.replaceAll('-', ' '), paint },
    { text: `${(latencyMs / 1000).toFixed(1)}s` },
  ];
}

function failureLine(account: TriedAccountView, { color, symbols }: Theme): string[] {
  const { failure } = account;
  if (failure === undefined) return [];
  if (isObstruction(failure)) return [`${color.yellow(symbols.warning)} ${titleOf(account)}: not reached\n`];
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
