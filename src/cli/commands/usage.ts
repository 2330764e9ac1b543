import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { isFromAhead } from '../../core/quota/window.js';
import { isInTheDark, isWithoutPlace } from '../../core/session/failure.js';
import { readUsage, type UsageWishes } from '../../core/session/usage.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf } from '../render/account-table.js';
import { type CsvColumns, renderCsv } from '../render/csv.js';
import { quotaAge, renderWindows, windowName } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { lifeText, unstoredText } from '../views/account-ref.js';
import { failureText, type SharedFailures, sharedFailures } from '../views/probe-failure.js';
import { placeLine, ScopeView, scopeView } from '../views/scope-view.js';
import { AccountUsage, usageView } from '../views/usage-view.js';

const UsageResult = z.object({ scope: ScopeView, accounts: z.array(AccountUsage) });
type UsageResult = z.infer<typeof UsageResult>;

async function usage(context: Context, options: UsageWishes): Promise<UsageResult> {
  const { roster, asked, probed } = await readUsage(context, options);
  return { scope: scopeView(roster), accounts: asked.map((each) => usageView(context, probed, each)) };
}

// Exactly the columns that other tools of this kind have.
const csvColumns: CsvColumns<UsageResult['accounts'][number]> = {
  file: (each) => each.file,
  account_id: (each) => each.accountId,
  email: (each) => each.email,
  plan_type: (each) => each.plan,
  '5h_used_pct': (each) => windowOf(each, '5h')?.usedPercent,
  '5h_reset_at': (each) => windowOf(each, '5h')?.resetsAt,
  weekly_used_pct: (each) => windowOf(each, '7d')?.usedPercent,
  weekly_reset_at: (each) => windowOf(each, '7d')?.resetsAt,
  upstream_status: (each) => each.failure?.code ?? (each.quota?.source === 'live' ? 'ok' : 'cached'),
  error: (each) => each.failure?.message,
};

function windowOf({ quota }: UsageResult['accounts'][number], wanted: string) {
  return quota?.windows.find(({ id }) => id === wanted);
}

export const usageCommand: Command<UsageWishes, UsageResult> = {
  name: 'usage',
  exchanges: ({ cached }) => cached !== true,
  schema: UsageResult,
  run: usage,
  render: ({ scope, accounts }, theme) => placeLine(scope, theme) + renderUsage(accounts, theme),
  renderCsv: ({ accounts }) => renderCsv(csvColumns, accounts),
  exitCode({ accounts }) {
    if (isInTheDark(accounts)) return 5;
    if (isWithoutPlace(accounts.map(({ failure }) => failure))) return 6;
    return accounts.some(({ failure }) => failure !== undefined) ? 1 : 0;
  },
};

/** A block per account: who and how old the numbers are, then a line for everything that is known. */
export function renderUsage(accounts: readonly AccountUsage[], theme: Theme): string {
  const shared = sharedFailures(accounts, theme);
  return [...accounts.map((account) => accountLines(account, shared, theme)), shared.lines]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function accountLines(account: AccountUsage, shared: SharedFailures, theme: Theme): string[] {
  const { color, symbols } = theme;
  const { quota, failure } = account;
  const age = quota === undefined ? 'quota unknown' : quotaAge(quota, theme);
  const { workspace, plan } = account;
  const title = [color.bold(nameOf(account)), workspace && printable(workspace), plan && printable(plan)];
  const first = `${account.index ?? symbols.unknown}  ${[...title, color.dim(age)].filter(Boolean).join(` ${symbols.separator} `)}`;
  const isSaid = failure === undefined || shared.has(account);
  const problem = isSaid ? [] : [color.yellow(printable(failureText(failure, ` ${symbols.arrow} `)))];
  const life = [lifeText(account, theme.now), unstoredText(account, account.index)].filter(
    (text) => text !== undefined,
  );
  return [
    first,
    ...life.map((text) => indented(color.dim(text))),
    ...[...limitLines(account, theme), ...moneyLines(account, theme), ...problem].map(indented),
  ];
}

const indented = (line: string) => `   ${line}`;

function limitLines(account: AccountUsage, theme: Theme): string[] {
  const { quota, additionalLimits = [], spendControl } = account;
  if (quota === undefined) return [];
  const { color, now } = theme;
  const named = additionalLimits.flatMap(({ limitName, windows }) =>
    windows.map((window) => ({ ...window, limitName: printable(limitName) })),
  );
  const lapsed = (account.lapsedWindows ?? []).map(({ id, limitName, resetAt }) => {
    const name = windowName(definedOnly({ id, limitName }));
    const at = resetAt === undefined ? '' : ` at ${formatWhen(Date.parse(resetAt), now)}`;
    const isAhead = isFromAhead(Date.parse(quota.observedAt), now);
    const why = isAhead ? ', because the clock has been set back since' : ` since its reset${at}`;
    return `${name.padEnd(4)} unknown${why}`;
  });
  const isBare = quota.windows.length + named.length + lapsed.length === 0;
  const isUnclear = account.incomplete === true;
  const isSpending = spendControl?.limit !== undefined || spendControl?.reached === true;
  const none = isBare && !isUnclear && !isSpending ? ['no limit named'] : [];
  const refused = (account.allowed === false || account.reachedType !== undefined) && !isMadeUpFor(account);
  const reached = account.reachedType ?? (account.limitReached === true ? 'limit reached' : 'requests are refused');
  return [
    ...renderWindows({ ...quota, windows: [...quota.windows, ...named] }, theme),
    ...additionalLimits.filter((limit) => isRefused(limit, account)).map((limit) => color.yellow(refusedText(limit))),
    ...[...lapsed, ...(quota.unlimited === true ? ['unlimited'] : none)].map((line) => color.dim(line)),
    ...(isUnclear ? [color.dim(`${isBare ? 'a' : 'another'} window could not be understood`)] : []),
    ...(account.modelUsage ?? [])
      .filter(({ available, availableAt }) => available === false && !(Date.parse(availableAt ?? '') <= now))
      .map((model) => color.yellow(blockText(model, now))),
    ...(refused ? [color.yellow(printable(reached.replaceAll('_', ' ')))] : []),
  ];
}

type AdditionalLimit = NonNullable<AccountUsage['additionalLimits']>[number];

/** Whether requests for a model are refused and no window of its limit says why, or that it is over. */
function isRefused({ limitName, allowed, limitReached, windows }: AdditionalLimit, account: AccountUsage): boolean {
  if (allowed !== false && limitReached !== true) return false;
  const hasReset = account.lapsedWindows?.some((window) => window.limitName === limitName) === true;
  return !hasReset && windows.every(({ remainingPercent }) => remainingPercent > 0);
}

function refusedText({ limitName, limitReached }: AdditionalLimit): string {
  return printable(`${limitName} ${limitReached === true ? 'limit reached' : 'requests are refused'}`);
}

/** Whether what was reached holds nothing up now: there is no end to the credits, or the window has reset since. */
function isMadeUpFor({ quota, lapsedWindows, reachedType = 'rate_limit_reached' }: AccountUsage): boolean {
  if (quota?.unlimited === true) return true;
  const isEmpty = quota?.windows.some(({ remainingPercent }) => remainingPercent <= 0) === true;
  return lapsedWindows !== undefined && !isEmpty && reachedType === 'rate_limit_reached';
}

function blockText(model: NonNullable<AccountUsage['modelUsage']>[number], now: number): string {
  const { slug, availableAt, creditsWouldEnable } = model;
  const until = availableAt === undefined ? '' : ` before ${formatWhen(Date.parse(availableAt), now)}`;
  return `${printable(slug)} is not available${until}${creditsWouldEnable === true ? '; credits would enable it' : ''}`;
}

function moneyLines({ credits, spendControl, resetCredits }: AccountUsage, { now }: Theme): string[] {
  const lines: string[] = [];
  if (credits !== undefined) lines.push(`credits ${creditsText(credits)}`);
  // Every personal account has a spend control, and nearly all of them one without a limit.
  const spend = spendControl === undefined ? '' : spendText(spendControl, now);
  if (spend !== '') lines.push(`spend   ${spend}`);
  if (resetCredits?.availableCount) {
    lines.push(`resets  ${resetCredits.availableCount} to spend, ${expiryText(resetCredits, now)}`);
    const { failure } = resetCredits;
    if (failure !== undefined) lines.push(printable(`        their list: ${failure.message}`));
  }
  return lines;
}

function creditsText(credits: NonNullable<AccountUsage['credits']>): string {
  if (credits.unlimited === true) return 'unlimited';
  if (credits.hasCredits === false) return 'none';
  const { approxLocalMessages: local, approxCloudMessages: cloud } = credits;
  const estimate = [
    local && `${local.join(' to ')} local messages`,
    cloud && `${cloud.join(' to ')} cloud messages`,
  ].filter(Boolean);
  const about = estimate.length === 0 ? '' : `, about ${estimate.join(', ')}`;
  return `${printable(credits.balance ?? 'of unknown balance')}${about}`;
}

/** The spend control as far as it is known; empty where it has no limit, or has been reset since. */
function spendText(spend: NonNullable<AccountUsage['spendControl']>, now: number): string {
  const { used, limit = 'an unknown limit', remaining } = spend;
  const left = remaining === undefined ? undefined : `${remaining} left`;
  const part = used ?? left ?? (spend.limit === undefined ? undefined : 'an unknown part');
  const isReached = spend.reached === true;
  const hasReset = spend.resetsAt !== undefined && Date.parse(spend.resetsAt) <= now;
  if ((part === undefined && !isReached) || hasReset) return '';
  const resets = spend.resetsAt === undefined ? undefined : `resets ${formatWhen(Date.parse(spend.resetsAt), now)}`;
  const facts = [part && `${part} of ${limit}`, isReached && 'limit reached', resets];
  return printable(facts.filter(Boolean).join(', '));
}

function expiryText({ credits = [] }: NonNullable<AccountUsage['resetCredits']>, now: number): string {
  const ends = credits
    .filter(({ status }) => status === undefined || status === 'available')
    .flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [Date.parse(expiresAt)]));
  return ends.length === 0 ? 'expiry unknown' : `the first expires ${formatWhen(Math.min(...ends), now)}`;
}
