import { type AccountDecision, scoreTerms } from '../../core/decision/ranking.js';
import { definedOnly } from '../../core/defined-only.js';
import { trackRecord } from '../../core/history/track-record.js';
import { printable } from '../../core/printable.js';
import { isInTheDark } from '../../core/session/failure.js';
import { type ForecastWishes, forecast as forecastAccounts } from '../../core/session/forecast.js';
import type { ProbingOptions } from '../../core/session/quota-probing.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { briefState, titleOf, whoColumns } from '../render/account-table.js';
import { type CsvColumns, renderCsv } from '../render/csv.js';
import { type RenderTable, renderLightTable } from '../render/light-table.js';
import { paceLines, taskLines, trackRecordText } from '../render/pace.js';
import { agesOf, leftCells } from '../render/quota.js';
import { renderTable } from '../render/table.js';
import type { Cells, Column } from '../render/table-layout.js';
import type { Theme } from '../render/theme.js';
import { formatDuration, formatWhen } from '../render/time.js';
import { lifeLines } from '../views/account-ref.js';
import {
  documentOf,
  type ForecastAccount,
  type ForecastFound,
  ForecastResult,
  type FoundAccount,
  foundOf,
  reasonsOf,
} from '../views/forecast-view.js';
import { failureLines } from '../views/probe-failure.js';
import { placeLine } from '../views/scope-view.js';
import { wayOutText } from '../views/ways-out.js';

interface ForecastOptions extends ForecastWishes {
  readonly explain?: boolean;
  /** The length of some work, in milliseconds. */
  readonly task?: number;
  readonly score?: boolean;
}

async function forecast(context: Context, options: ForecastOptions): Promise<ForecastFound> {
  const { probed, decision, history, reading } = await forecastAccounts(context, options);
  const { task: taskMs } = options;
  const found = foundOf(context, probed, decision, { ...options, reading });
  const record = options.score === true ? trackRecord(history, context.clock.now()) : undefined;
  return definedOnly({ ...found, pool: reading.pool(), taskMs, trackRecord: record });
}

function renderForecast(result: ForecastFound, theme: Theme, { cached = false }: ProbingOptions = {}): string {
  const { accounts, isExplained } = result;
  const { color, symbols } = theme;
  const unread = failureLines(accounts, ` ${symbols.arrow} `).map((line) => color.yellow(`   ${line}\n`));
  const lives = lifeLines(accounts, theme.now).map((line) => color.dim(`   ${line}\n`));
  const explained = isExplained
    ? accounts.flatMap((account, position) => explanationOf(account, result.decisionAt(position), theme))
    : [];
  const notes = [...paceLines(result, isExplained, theme), ...taskLines(result, theme)].map((line) => `   ${line}\n`);
  const record = result.trackRecord === undefined ? '' : `${trackRecordText(result.trackRecord)}\n`;
  return [
    placeLine(result.scope, theme),
    renderForecastTable(accounts, theme, cached ? renderLightTable : renderTable),
    ...unread,
    ...lives,
    ...explained,
    ...notes,
    '\n',
    verdictLine(result, theme),
    record,
  ].join('');
}

function explanationOf(
  { index, score: total }: FoundAccount,
  decision: AccountDecision | undefined,
  { color, now }: Theme,
): string[] {
  if (decision === undefined) return [];
  const reasons = reasonsOf(decision, now);
  const risk = decision.riskRows.map(({ name, points }) => `${name} +${points}`).join(', ') || 'none';
  const terms = scoreTerms(decision).map(({ name, points, because }) => `${name} ${rounded(points)}: ${because}`);
  const score = terms.length === 0 ? 'score 0: it is not ready' : `score ${rounded(total)}, made of`;
  const lines = [...reasons, `risk ${risk}`, score, ...terms.map((term) => `  ${term}`)];
  return lines.map((line) => color.dim(`   ${index}: ${printable(line)}\n`));
}

function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}

function verdictLine(result: ForecastFound, theme: Theme): string {
  const { color, symbols, now } = theme;
  const { recommendation, nextAvailable, accounts } = result;
  if (recommendation !== undefined) {
    const account = accounts.find(({ id }) => id === recommendation.id);
    const name = account === undefined ? recommendation.id : titleOf(account);
    const isActive = account?.active === true;
    const next = isActive ? '' : `; codex-auth switch ${recommendation.index}`;
    const advice = `${isActive ? 'Keep using' : 'Use'} ${color.bold(name)}: ${printable(recommendation.reason)}${next}`;
    return `${color.green(symbols.arrow)} ${advice}\n`;
  }
  if (isInTheDark(accounts)) {
    return `${color.yellow(symbols.warning)} Nothing is known about any account, and nobody could be asked\n`;
  }
  const ways = wayOutText(result, theme, '  ');
  if (nextAvailable === undefined)
    return `${color.red(symbols.error)} No account can be used: codex-auth check\n${ways}`;
  const account = accounts.find(({ id }) => id === nextAvailable.id);
  const when = formatWhen(Date.parse(nextAvailable.availableAt), now);
  return `${color.yellow(symbols.warning)} No account is ready; ${account ? titleOf(account) : nextAvailable.id} is back ${when}\n${ways}`;
}

const csvColumns: CsvColumns<ForecastAccount> = {
  index: (each) => each.index,
  id: (each) => each.id,
  email: (each) => each.email,
  availability: (each) => each.availability,
  available_at: (each) => each.availableAt,
  risk_score: (each) => each.riskScore,
  risk_level: (each) => each.riskLevel,
  score: (each) => each.score,
  usable_now_pct: (each) => each.quota?.usableNowPercent,
  quota_source: (each) => each.quota?.source,
  quota_observed_at: (each) => each.quota?.observedAt,
  reasons: (each) => each.reasons.join('; '),
};

export const forecastCommand: Command<ForecastOptions, ForecastFound, ForecastResult> = {
  name: 'forecast',
  exchanges: ({ cached }) => cached !== true,
  schema: ForecastResult,
  run: forecast,
  document: documentOf,
  render: renderForecast,
  renderCsv: (found) => renderCsv(csvColumns, documentOf(found).accounts),
  exitCode: ({ accounts }) => (isInTheDark(accounts) ? 5 : 0),
};

/** A line per account: whether it can be used, else when, and how much is left. */
function renderForecastTable(accounts: readonly FoundAccount[], theme: Theme, renderTable: RenderTable): string {
  const { color } = theme;
  const ages = agesOf(accounts, theme);
  const columns: Column<FoundAccount>[] = [
    ...whoColumns(accounts, 4, theme),
    {
      title: 'availability',
      shortTitle: 'when',
      shortenOrder: [2, 5],
      ...availabilityCells(theme),
    },
    {
      title: 'risk',
      dropOrder: 3,
      text: ({ riskScore, riskLevel }) => `${riskScore} ${riskLevel}`,
      paint: ({ riskLevel }) => ({ low: color.green, medium: color.yellow, high: color.red })[riskLevel],
    },
    {
      title: 'left (resets in)',
      shortTitle: 'left',
      shortenOrder: [1, 6],
      ...leftCells(ages, theme),
    },
  ];
  return renderTable(columns, accounts, theme) + (ages.line === '' ? '' : color.dim(`   ${ages.line}`));
}

/** When it can be used, whatever the width; why it cannot where there is room. */
function availabilityCells({ color, now }: Theme): Cells<FoundAccount> {
  const waitFor = (at: number) => formatDuration(at - now);
  return {
    text({ availability, availableAt: at, why }) {
      if (at !== undefined) return `${availability} until ${formatWhen(at, now)}`;
      const because = availability !== 'unavailable' || why === undefined ? '' : `: ${printable(why)}`;
      return availability + because;
    },
    shorter: [
      ({ availability, availableAt: at }) => (at === undefined ? availability : `${availability} ${waitFor(at)}`),
      ({ availability, availableAt: at, state }) => {
        if (at !== undefined) return `in ${waitFor(at)}`;
        return availability === 'unavailable' ? briefState(state) : availability;
      },
    ],
    paint: ({ availability }) => ({ ready: color.green, delayed: color.yellow, unavailable: color.red })[availability],
  };
}
