import { printable } from '../../core/printable.js';
import type { ReportResult } from '../commands/report.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { wrapLine } from '../terminal/wrap-text.js';
import { whoseAccounts } from '../views/scope-view.js';
import { intentOf } from './keys.js';
import { type Model, noticesOf, viewOf } from './model.js';

/** What the dashboard is about and what it recommends: the answer of `decide()`, as every command shows it (P14). */
export function headerLines(model: Model, theme: Theme): string[] {
  const { report } = model;
  const { color, symbols } = theme;
  if (report === undefined) return [color.bold('codex-auth')];
  const isUnused = report.accounts.length > 0 && report.activeId === undefined;
  const facts = [
    whoseAccounts(report.scope.place),
    countText(report),
    isUnused ? 'none of them is in use' : '',
    model.isReadingQuota ? 'reading quota' : '',
  ];
  const title = [color.bold('codex-auth'), ...facts.filter((fact) => fact !== '').map((fact) => color.dim(fact))];
  const dot = color.dim(` ${symbols.separator} `);
  const notices = noticesOf(model);
  const warning = notices.length === 0 ? [] : [color.yellow(`${symbols.warning} ${notices.join('; ')}`)];
  const advice = adviceLines(model, report, theme).flatMap((line) => wrapLine(line, theme.style.width, { indent: 2 }));
  return [title.join(dot), ...advice.slice(0, 2), ...warning];
}

function countText({ accounts, flagged }: ReportResult): string {
  const count = `${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  return flagged.length === 0 ? count : `${count}, ${flagged.length} set aside`;
}

function adviceLines(model: Model, { forecast, activeId, accounts }: ReportResult, theme: Theme): string[] {
  const { color, symbols, now } = theme;
  if (accounts.length === 0) return [];
  const { recommendation, nextAvailable } = forecast;
  const named = forecast.accounts.find(({ id }) => id === (recommendation ?? nextAvailable)?.id);
  const name = named === undefined ? '' : color.bold(shownName(named, theme));
  if (recommendation !== undefined && recommendation.id === activeId) {
    return [`${color.green(symbols.ok)} ${name} is in use, and the best now: ${recommendation.reason}`];
  }
  if (recommendation !== undefined) {
    const canPress = intentOf(viewOf(model), String(recommendation.index)) === 'select-by-number';
    const key = canPress ? color.dim(` (${recommendation.index}, Enter)`) : '';
    return [`${color.cyan(symbols.arrow)} best now: ${name}${key}: ${recommendation.reason}`];
  }
  const back = nextAvailable && `; ${name} is back ${formatWhen(Date.parse(nextAvailable.availableAt), now)}`;
  return [`${color.yellow(symbols.warning)} no account is ready${back ?? ''}`];
}

/** Below this the recommendation has one line. */
const narrow = 60;

function shownName(account: Parameters<typeof titleOf>[0], { style, symbols }: Theme): string {
  if (style.width >= narrow) return titleOf(account);
  const name = printable(account.label ?? account.email ?? account.id);
  const room = style.width - '> best now: '.length - 1;
  return name.length <= room ? name : `${name.slice(0, room - symbols.ellipsis.length)}${symbols.ellipsis}`;
}
