import { reasonText } from '../../core/logins/flag-reason.js';
import { printable } from '../../core/printable.js';
import { statusCommand } from '../commands/status.js';
import { titleOf, whatIsKnown } from '../render/account-table.js';
import { leftPhrase, quotaAge, renderWindows } from '../render/quota.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatWhen } from '../render/time.js';
import { failureText } from '../views/probe-failure.js';
import { messageLines } from './footer-lines.js';
import { bindings } from './keys.js';
import { type FlaggedEntry, forecastOf, type Model, type ShownAccount, selectedAccount } from './model.js';

/** Everything `status` says about the account, and its windows and reasons in full. */
export function detailsLines(model: Model, theme: Theme): string[] {
  const { details } = model;
  const account = selectedAccount(model);
  const status = details?.status === undefined ? 'reading' : statusCommand.render(details.status, theme).trimEnd();
  const facts = status.split('\n');
  if (account === undefined) return facts;
  return [...facts, '', ...quotaLines(model, account, theme), ...reasonLines(model, account, theme)];
}

export function outputLines({ output }: Model, theme: Theme): string[] {
  if (output === undefined) return [];
  return [theme.color.bold(output.title), '', ...messageLines(output.message, theme)];
}

export function helpLines(theme: Theme): string[] {
  const known = bindings.flatMap(({ label, help }) =>
    label === undefined || help === undefined ? [] : [{ label, help }],
  );
  const width = Math.max(...known.map(({ label }) => label.length));
  return [
    theme.color.bold('Keys'),
    '',
    ...known.map(({ label, help }) => `${theme.color.bold(label.padEnd(width))}  ${help}`),
    '',
    'Quota is read in the background with the tokens at hand; nothing is refreshed unless you ask for it.',
  ];
}

export function flaggedLines({ report, flaggedCursor }: Model, theme: Theme): string[] {
  const entries = report?.flagged ?? [];
  if (entries.length === 0) return [`${theme.color.green(theme.symbols.ok)} No account is set aside.`];
  const { color, symbols, now } = theme;
  const isSelected = (entry: FlaggedEntry) => entry === entries[flaggedCursor];
  const columns: Column<FlaggedEntry>[] = [
    { title: '', text: (entry) => (isSelected(entry) ? symbols.selected : ' '), paint: () => color.cyan },
    {
      title: 'set aside',
      minWidth: 14,
      text: (entry) => printable(entry.account),
      paint: (entry) => (isSelected(entry) ? color.bold : undefined),
    },
    { title: 'because', minWidth: 20, text: ({ reason }) => reasonText(reason), paint: () => color.yellow },
    {
      title: 'since',
      dropOrder: 2,
      ...whatIsKnown(({ flaggedAt: at }: FlaggedEntry) => at && formatDistance(Date.parse(at), now), theme),
    },
    {
      title: 'usable until',
      dropOrder: 1,
      ...whatIsKnown(({ usableUntil: at }: FlaggedEntry) => at && formatWhen(Date.parse(at), now), theme),
    },
  ];
  return renderTable(columns, entries, theme).trimEnd().split('\n');
}

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
function quotaLines({ failures }: Model, { id, quota }: ShownAccount, theme: Theme): string[] {
  const { color, symbols } = theme;
  const failure = failures.get(id);
  const problem = failure === undefined ? [] : [color.yellow(printable(failureText(failure, ` ${symbols.arrow} `)))];
  if (quota === undefined) return [color.dim('quota not read yet'), ...problem];
  const windows =
    quota.windows.length === 0 ? [color.dim(`quota ${leftPhrase(quota, theme)}`)] : renderWindows(quota, theme);
  return [...windows, color.dim(`quota ${quotaAge(quota, theme)}`), ...problem];
}

/** Why it stands where it stands in the ranking. */
function reasonLines(model: Model, { id }: ShownAccount, { color }: Theme): string[] {
  const reasons = forecastOf(model, id)?.reasons ?? [];
  return reasons.length === 0 ? [] : [color.dim(reasons.map(printable).join('; '))];
}
