import * as z from 'zod/mini';
import { describeAccount, type FlaggedAccount } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { AccountView, accountView, shownEmail } from '../account-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { ScopeView, scopeView } from '../places.js';
import { probeAndDecide } from '../probe-and-decide.js';
import { failureLines } from '../probe-failure.js';
import type { ProbingOptions } from '../quota-probing.js';
import { renderAccounts, titleOf } from '../render/account-table.js';
import { reasonText } from '../render/flag-reason.js';
import type { Theme } from '../render/theme.js';
import { formatMoment, formatWhen, toIso } from '../render/time.js';
import { Nobody, openRoster, whyNone } from '../selection.js';
import { wayOutLines } from '../ways-out.js';
import { ForecastResult, forecastOf } from './forecast.js';

const FlaggedView = z.object({
  id: z.string(),
  account: z.string(),
  email: z.exactOptional(z.string()),
  reason: z.string(),
  flaggedAt: z.exactOptional(z.iso.datetime()),
  /** A flagged login whose access token still lives can be used until then. */
  usableUntil: z.exactOptional(z.iso.datetime()),
});

const ReportResult = z.object({
  generatedAt: z.iso.datetime(),
  scope: ScopeView,
  activeId: z.exactOptional(z.string()),
  accounts: z.array(AccountView),
  /** Why there is none. */
  none: z.exactOptional(Nobody),
  flagged: z.array(FlaggedView),
  forecast: ForecastResult,
  settings: z.array(
    z.object({
      name: z.string(),
      value: z.union([z.boolean(), z.number()]),
      source: z.enum(['default', 'file', 'environment']),
    }),
  ),
});
export type ReportResult = z.infer<typeof ReportResult>;

async function report(context: Context, options: ProbingOptions): Promise<ReportResult> {
  const now = context.clock.now();
  const { probed, decision } = await probeAndDecide(context, openRoster(context, context.readingScope()), options);
  const { roster } = probed;
  const mask = context.options.mask === true;
  return definedOnly({
    generatedAt: toIso(now),
    scope: scopeView(roster),
    activeId: roster.active?.account.id,
    accounts: decision.decided.map(({ account, decision }) => {
      const { quota, ...known } = accountView(account, decision, { mask, now });
      return quota === undefined ? known : { ...known, quota: { ...quota, source: probed.sourceOf(account.id) } };
    }),
    none: whyNone(roster),
    flagged: roster.records.flagged.accounts.map((account) => flaggedView(account, now, mask)),
    forecast: forecastOf(context, probed, decision),
    settings: context.resolvedSettings().map(({ name, value, source }) => ({ name, value, source })),
  });
}

function flaggedView(account: FlaggedAccount, now: number, mask: boolean): z.infer<typeof FlaggedView> {
  const { expiresAt } = account.tokens;
  return definedOnly({
    id: account.id,
    account: mask ? (account.label ?? account.id) : describeAccount(account),
    email: shownEmail(account.email, mask),
    reason: account.flag.reason,
    flaggedAt: account.flag.at > 0 ? toIso(account.flag.at) : undefined,
    usableUntil: expiresAt !== undefined && expiresAt > now ? toIso(expiresAt) : undefined,
  });
}

function renderReport(result: ReportResult, theme: Theme): string {
  const { color, symbols, now } = theme;
  const { scope, accounts, none, forecast, settings } = result;
  const title = (text: string) => `\n${color.bold(text)}\n`;
  const unread = failureLines(forecast.accounts, ` ${symbols.arrow} `).map((line) => color.yellow(`  ${line}\n`));
  return [
    `${color.bold('Report')} of ${formatDay(now)}, ${scope.readFrom}\n`,
    title('Accounts'),
    none === undefined ? renderAccounts(accounts, theme) : `  ${none.message}: ${none.hint}\n`,
    ...(unread.length === 0 ? [] : [title('Not read'), ...unread]),
    title('Set aside'),
    ...flaggedLines(result, now),
    title('Recommendation'),
    `  ${recommendationText(result, now)}\n`,
    ...wayOutLines(forecast, theme).map((line) => `  ${line}\n`),
    title('Settings'),
    ...settings.map(({ name, value, source }) => `  ${name} ${value}${source === 'default' ? '' : ` (${source})`}\n`),
  ].join('');
}

/** With the date, because a report is read later. */
function formatDay(at: number): string {
  return formatMoment(at, 0);
}

function flaggedLines({ flagged }: ReportResult, now: number): string[] {
  if (flagged.length === 0) return ['  none\n'];
  return flagged.map(({ account, reason, usableUntil }) => {
    const until = usableUntil === undefined ? '' : `; usable until ${formatWhen(Date.parse(usableUntil), now)}`;
    return `  ${printable(account)}: ${reasonText(reason)}${until}\n`;
  });
}

function recommendationText({ forecast }: ReportResult, now: number): string {
  const { recommendation, nextAvailable, accounts } = forecast;
  const named = accounts.find(({ id }) => id === (recommendation ?? nextAvailable)?.id);
  const name = named && `${named.index}  ${titleOf(named)}`;
  if (recommendation !== undefined) return `${name}: ${printable(recommendation.reason)}`;
  if (nextAvailable === undefined) return 'none';
  return `none; ${name} is back ${formatWhen(Date.parse(nextAvailable.availableAt), now)}`;
}

export const reportCommand: Command<ProbingOptions, ReportResult> = {
  name: 'report',
  schema: ReportResult,
  run: report,
  render: renderReport,
};
