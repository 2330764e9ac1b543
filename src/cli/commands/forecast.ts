import * as z from 'zod/mini';
import { accountStates } from '../../core/decision/availability.js';
import type { AccountDecision } from '../../core/decision/ranking.js';
import { describeReason, describeRecommendation } from '../../core/decision/reasons.js';
import { scoreTerms } from '../../core/decision/score-terms.js';
import { definedOnly } from '../../core/defined-only.js';
import { type TrackRecord, trackRecord } from '../../core/history/track-record.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import { QuotaViewSchema, toQuotaView } from '../../core/quota/snapshot.js';
import type { DecidedAccount, DecidedRoster } from '../../core/session/decided-roster.js';
import { isInTheDark } from '../../core/session/failure.js';
import { type ForecastWishes, forecast as forecastAccounts } from '../../core/session/forecast.js';
import {
  type PaceReading,
  PoolPaceView,
  TaskFitView,
  TrackRecordView,
  WindowPaceView,
} from '../../core/session/pace-reading.js';
import type { ProbedRoster, ProbingOptions } from '../../core/session/quota-probing.js';
import { accountRef, accountRefShape } from '../account-ref.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { lifeLines } from '../login-life.js';
import { FailureView, failureLines, failureOfProbe } from '../probe-failure.js';
import { titleOf } from '../render/account-table.js';
import { renderCsv } from '../render/csv.js';
import { renderForecastTable } from '../render/forecast-table.js';
import { renderLightTable } from '../render/light-table.js';
import { paceLines, taskLines, trackRecordLines } from '../render/pace.js';
import { renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { placeLine, ScopeView, scopeView } from '../scope-view.js';
import { WayOut, wayOutLines, waysOut } from '../ways-out.js';

const ForecastAccount = z.object({
  ...accountRefShape,
  active: z.boolean(),
  availability: z.enum(['ready', 'delayed', 'unavailable']),
  /** When the last wait ends; only with `delayed`. */
  availableAt: z.exactOptional(z.iso.datetime()),
  /** As in `list`, with `on-credits`, `reserved` and `refused` told apart. */
  state: z.enum(accountStates),
  /** The person's own order. */
  priority: z.exactOptional(z.enum(['first', 'last'])),
  /** The share of each window that is left alone. */
  reservePercent: z.exactOptional(z.number()),
  riskScore: z.number(),
  riskLevel: z.enum(['low', 'medium', 'high']),
  score: z.number(),
  /** Sentences, the most important first. */
  reasons: z.array(z.string()),
  quota: z.exactOptional(QuotaViewSchema),
  /** What adds up to the risk and to the score; with `--explain`. */
  explanation: z.exactOptional(
    z.object({
      risk: z.array(z.object({ name: z.string(), points: z.number() })),
      score: z.record(z.string(), z.number()),
      /** The same in words, with the numbers behind each part. */
      terms: z.array(z.object({ name: z.string(), points: z.number(), because: z.string() })),
    }),
  ),
  failure: z.exactOptional(FailureView),
  /** How fast its windows are being used up; one that was seen fewer than three times lately is not in it. */
  pace: z.exactOptional(z.array(WindowPaceView)),
  /** With `--task`. */
  task: z.exactOptional(TaskFitView),
});
type ForecastAccount = z.infer<typeof ForecastAccount>;

export const ForecastResult = z.object({
  scope: ScopeView,
  model: z.exactOptional(z.string()),
  recommendation: z.exactOptional(
    z.object({ id: z.string(), index: z.number(), email: z.exactOptional(z.string()), reason: z.string() }),
  ),
  /** Without a recommendation: who is back first. */
  nextAvailable: z.exactOptional(z.object({ id: z.string(), availableAt: z.iso.datetime() })),
  ...WayOut.shape,
  accounts: z.array(ForecastAccount),
  /** The windows of all accounts by kind, as far as their pace is known. */
  pool: z.exactOptional(z.array(PoolPaceView)),
  /** With `--task`: its length. */
  taskMs: z.exactOptional(z.number()),
  /** With `--score`: how earlier forecasts of an empty window have turned out. */
  trackRecord: z.exactOptional(TrackRecordView),
});
export type ForecastResult = z.infer<typeof ForecastResult>;

export interface ForecastOptions extends ForecastWishes {
  readonly explain?: boolean;
  /** The length of some work, in milliseconds. */
  readonly task?: number;
  readonly score?: boolean;
}

async function forecast(context: Context, options: ForecastOptions): Promise<ForecastResult> {
  const { probed, decision, history, reading } = await forecastAccounts(context, options);
  return withPace(forecastOf(context, probed, decision, options), reading, {
    taskMs: options.task,
    trackRecord: options.score === true ? trackRecord(history, context.clock.now()) : undefined,
  });
}

function withPace(
  result: ForecastResult,
  reading: PaceReading,
  { taskMs, trackRecord }: { readonly taskMs: number | undefined; readonly trackRecord: TrackRecord | undefined },
): ForecastResult {
  const accounts = result.accounts.map((account) =>
    definedOnly({
      ...account,
      pace: reading.paceOf(account.id),
      task: taskMs === undefined ? undefined : reading.fitOf(account.id, taskMs),
    }),
  );
  return definedOnly({ ...result, accounts, pool: reading.pool(), taskMs, trackRecord });
}

/** The decision as every command that recommends shows it. */
export function forecastOf(
  context: Context,
  probed: ProbedRoster,
  decision: DecidedRoster,
  options: { readonly model?: string; readonly explain?: boolean } = {},
): ForecastResult {
  const now = context.clock.now();
  const { model } = options;
  const { decided } = decision;
  const accounts = decided.map((each) => accountForecast(context, probed, each, options));
  // Where nothing is known about anybody, whom to use would be a guess.
  const { recommendation, nextAvailable } = isInTheDark(accounts) ? {} : decision;
  const chosen = accounts.find(({ id }) => id === recommendation?.id);
  const time = (ms: number) => formatWhen(ms, now);
  return definedOnly({
    scope: scopeView(probed.roster),
    model,
    recommendation:
      recommendation &&
      chosen &&
      definedOnly({
        id: chosen.id,
        index: chosen.index,
        email: chosen.email,
        reason: describeRecommendation(recommendation.reason, time),
      }),
    nextAvailable:
      recommendation === undefined && nextAvailable !== undefined
        ? { id: nextAvailable.id, availableAt: toIso(nextAvailable.availableAt) }
        : undefined,
    ...(recommendation === undefined ? waysOut(probed.roster, decision, accounts, now) : {}),
    accounts,
  });
}

function accountForecast(
  context: Context,
  probed: ProbedRoster,
  { account, decision }: DecidedAccount,
  { explain }: { readonly explain?: boolean },
): ForecastAccount {
  const now = context.clock.now();
  return definedOnly({
    ...accountRef(account, decision.index, context.options.mask === true),
    active: decision.active,
    availability: decision.availability,
    availableAt: decision.availableAt === undefined ? undefined : toIso(decision.availableAt),
    state: decision.state,
    priority: account.priority,
    reservePercent: account.reservePercent,
    riskScore: decision.riskScore,
    riskLevel: decision.riskLevel,
    score: decision.score,
    reasons: decision.reasons.map((reason) => describeReason(reason, (ms) => formatWhen(ms, now))),
    quota: decision.quota && toQuotaView(decision.quota, probed.sourceOf(account.id), now),
    explanation: explain === true ? explanationView(decision) : undefined,
    failure: failureOfProbe(probed.probes.get(account.id), now),
  });
}

function explanationView(decision: AccountDecision): ForecastAccount['explanation'] {
  return { risk: [...decision.riskRows], score: { ...decision.scoreParts }, terms: scoreTerms(decision) };
}

function renderForecast(result: ForecastResult, theme: Theme, { cached = false }: ProbingOptions = {}): string {
  const { accounts } = result;
  const { color, symbols } = theme;
  const unread = failureLines(accounts, ` ${symbols.arrow} `).map((line) => color.yellow(`   ${line}\n`));
  const lives = lifeLines(accounts, theme.now).map((line) => color.dim(`   ${line}\n`));
  const explained = accounts.flatMap((account) => explanationOf(account, theme));
  const isExplained = explained.length > 0;
  const notes = [...paceLines(result, isExplained, theme), ...taskLines(result, theme)].map((line) => `   ${line}\n`);
  const record = trackRecordLines(result).map((line) => `${line}\n`);
  return [
    placeLine(result.scope, theme),
    renderForecastTable(accounts, theme, cached ? renderLightTable : renderTable),
    ...unread,
    ...lives,
    ...explained,
    ...notes,
    '\n',
    verdictLine(result, theme),
    ...record,
  ].join('');
}

function explanationOf({ index, explanation, reasons, score: total }: ForecastAccount, { color }: Theme): string[] {
  if (explanation === undefined) return [];
  const risk = explanation.risk.map(({ name, points }) => `${name} +${points}`).join(', ') || 'none';
  const terms = explanation.terms.map(({ name, points, because }) => `${name} ${rounded(points)}: ${because}`);
  const score = terms.length === 0 ? 'score 0: it is not ready' : `score ${rounded(total)}, made of`;
  const lines = [...reasons, `risk ${risk}`, score, ...terms.map((term) => `  ${term}`)];
  return lines.map((line) => color.dim(`   ${index}: ${printable(line)}\n`));
}

function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}

function verdictLine(result: ForecastResult, theme: Theme): string {
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
  const ways = wayOutLines(result, theme)
    .map((line) => `  ${line}\n`)
    .join('');
  if (nextAvailable === undefined)
    return `${color.red(symbols.error)} No account can be used: codex-auth check\n${ways}`;
  const account = accounts.find(({ id }) => id === nextAvailable.id);
  const when = formatWhen(Date.parse(nextAvailable.availableAt), now);
  return `${color.yellow(symbols.warning)} No account is ready; ${account ? titleOf(account) : nextAvailable.id} is back ${when}\n${ways}`;
}

const csvColumns = [
  'index',
  'id',
  'email',
  'availability',
  'available_at',
  'risk_score',
  'risk_level',
  'score',
  'usable_now_pct',
  'quota_source',
  'quota_observed_at',
  'reasons',
];

function forecastCsv({ accounts }: ForecastResult): string {
  return renderCsv(
    csvColumns,
    accounts.map((each) => [
      each.index,
      each.id,
      each.email,
      each.availability,
      each.availableAt,
      each.riskScore,
      each.riskLevel,
      each.score,
      each.quota?.usableNowPercent,
      each.quota?.source,
      each.quota?.observedAt,
      each.reasons.join('; '),
    ]),
  );
}

export const forecastCommand: Command<ForecastOptions, ForecastResult> = {
  name: 'forecast',
  exchanges: true,
  schema: ForecastResult,
  run: forecast,
  render: renderForecast,
  renderCsv: forecastCsv,
  exitCode: ({ accounts }) => (isInTheDark(accounts) ? 5 : 0),
};
