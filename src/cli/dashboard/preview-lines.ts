import { printable } from '../../core/printable.js';
import { titleOf } from '../render/account-table.js';
import { leftPhrase, quotaAge, renderWindows } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { forecastOf, type Model, type ShownAccount } from './model.js';

/** What the table has no room for, about the selected account. */
export function previewLines(model: Model, account: ShownAccount, theme: Theme): string[] {
  const { color, symbols, style, now } = theme;
  const title = ` ${titleOf(account)} `;
  const rule = symbols.rule.repeat(Math.max(0, style.width - title.length - 2));
  const { plan, health, lastUsedAt, stored } = account;
  const facts = [
    plan && printable(plan),
    `health ${health.score} (${health.state})`,
    stored === false && 'not stored yet',
    lastUsedAt && `last used ${formatWhen(Date.parse(lastUsedAt), now)}`,
  ];
  return [
    color.dim(symbols.rule.repeat(2)) + color.bold(title) + color.dim(rule),
    facts.filter(Boolean).join(color.dim(` ${symbols.separator} `)),
    ...quotaLines(model, account, theme),
    ...reasonLines(model, account, theme),
  ];
}

/** The windows with long bars, how old they are, and why there is nothing newer. */
export function quotaLines({ failures }: Model, { id, quota }: ShownAccount, theme: Theme): string[] {
  const { color, symbols } = theme;
  const failure = failures.get(id);
  const hint = failure?.hint === undefined ? '' : ` ${symbols.arrow} ${failure.hint}`;
  const problem = failure === undefined ? [] : [color.yellow(`${printable(failure.message)}${hint}`)];
  if (quota === undefined) return [color.dim('quota not read yet'), ...problem];
  const windows =
    quota.windows.length === 0 ? [color.dim(`quota ${leftPhrase(quota, theme)}`)] : renderWindows(quota, theme);
  return [...windows, color.dim(`quota ${quotaAge(quota, theme)}`), ...problem];
}

/** Why it stands where it stands in the ranking. */
export function reasonLines(model: Model, { id }: ShownAccount, { color }: Theme): string[] {
  const reasons = forecastOf(model, id)?.reasons ?? [];
  return reasons.length === 0 ? [] : [color.dim(reasons.map(printable).join('; '))];
}
