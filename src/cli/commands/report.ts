import * as z from 'zod/mini';
import { describeAccount, type FlaggedAccount } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { reasonText } from '../../core/logins/flag-reason.js';
import { printable } from '../../core/printable.js';
import { probeAndDecide } from '../../core/session/probe-and-decide.js';
import type { ProbingOptions } from '../../core/session/quota-probing.js';
import { Nobody, openRoster, whyNone } from '../../core/session/selection.js';
import { settingText } from '../../core/settings.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { renderAccounts, titleOf } from '../render/account-table.js';
import { renderLightTable } from '../render/light-table.js';
import type { Theme } from '../render/theme.js';
import { formatMoment, formatWhen } from '../render/time.js';
import { shownEmail } from '../views/account-ref.js';
import { AccountView, accountView } from '../views/account-view.js';
import { documentOf, ForecastResult, foundOf } from '../views/forecast-view.js';
import { failureLines } from '../views/probe-failure.js';
import { ScopeView, scopeView } from '../views/scope-view.js';
import { wayOutText } from '../views/ways-out.js';

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
      /** Of `onEvent` the program without its arguments, which may hold a secret. */
      value: z.union([z.boolean(), z.number(), z.readonly(z.array(z.string()))]),
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
    forecast: documentOf(foundOf(context, probed, decision)),
    settings: context.resolvedSettings().map(({ name, value, source }) => ({
      name,
      value: name === 'onEvent' && typeof value === 'object' ? value.slice(0, 1) : value,
      source,
    })),
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

interface ReportOptions extends ProbingOptions {
  /** Show also what is fine, and every setting. */
  readonly verbose?: boolean;
}

/** What is wrong comes first, and what is as usual is left out unless more is asked for. */
function renderReport(result: ReportResult, theme: Theme, { verbose = false }: ReportOptions = {}): string {
  const { color, symbols, now } = theme;
  const { scope, accounts, none, forecast } = result;
  const unread = failureLines(forecast.accounts, ` ${symbols.arrow} `).map((line) => color.yellow(`  ${line}\n`));
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Not read', unread],
    ['Set aside', flaggedLines(result, now)],
    ['Recommendation', [`  ${recommendationText(result, now)}\n`, wayOutText(forecast, theme, '  ')]],
    [
      'Accounts',
      [none === undefined ? renderAccounts(accounts, theme, renderLightTable) : `  ${none.message}: ${none.hint}\n`],
    ],
    ['Settings', settingLines(result, verbose)],
  ];
  const shown = sections.filter(([, lines]) => verbose || lines.length > 0);
  return [
    // With the date, because a report is read later.
    `${color.bold('Report')} of ${formatMoment(now, 0)}, ${scope.readFrom}\n`,
    ...shown.flatMap(([title, lines]) => [`\n${color.bold(title)}\n`, ...(lines.length === 0 ? ['  none\n'] : lines)]),
  ].join('');
}

function settingLines({ settings }: ReportResult, isAll: boolean): string[] {
  return settings
    .filter(({ source }) => isAll || source !== 'default')
    .map(
      ({ name, value, source }) =>
        `  ${name} ${settingText(name, value)}${source === 'default' ? '' : ` (${source})`}\n`,
    );
}

function flaggedLines({ flagged }: ReportResult, now: number): string[] {
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

export const reportCommand: Command<ReportOptions, ReportResult> = {
  name: 'report',
  schema: ReportResult,
  run: report,
  render: renderReport,
};
