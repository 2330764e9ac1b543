import * as z from 'zod/mini';
import { type AccountDecision, scoreTerms } from '../../core/decision/ranking.js';
import { describeReason, describeRecommendation } from '../../core/decision/reasons.js';
import { accountStates } from '../../core/decision/standing.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import type { BindingQuota } from '../../core/quota/binding-quota.js';
import { type QuotaSource, type QuotaView, QuotaViewSchema, toQuotaView } from '../../core/quota/snapshot.js';
import type { DecidedAccount, DecidedRoster } from '../../core/session/decided-roster.js';
import { isInTheDark } from '../../core/session/failure.js';
import {
  type PaceReading,
  PoolPaceView,
  TaskFitView,
  TrackRecordView,
  WindowPaceView,
} from '../../core/session/pace-reading.js';
import type { ShownProbes } from '../../core/session/quota-probing.js';
import type { Context } from '../program/context.js';
import type { ShownQuota } from '../render/quota.js';
import { formatWhen } from '../render/time.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import { FailureView, failureOfProbe } from '../views/probe-failure.js';
import { ScopeView, scopeView } from '../views/scope-view.js';
import { WayOut, waysOut } from '../views/ways-out.js';

export const ForecastAccount = z.object({
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
      /** The parts of the score in words, with the numbers behind each. */
      terms: z.array(z.object({ name: z.string(), points: z.number(), because: z.string() })),
    }),
  ),
  failure: z.exactOptional(FailureView),
  /** How fast its windows are being used up; one that was seen fewer than three times lately is not in it. */
  pace: z.exactOptional(z.array(WindowPaceView)),
  /** With `--task`. */
  task: z.exactOptional(TaskFitView),
});
export type ForecastAccount = z.infer<typeof ForecastAccount>;

export const ForecastResult = z.object({
  scope: ScopeView,
  model: z.exactOptional(z.string()),
  recommendation: z.exactOptional(
    z.object({ id: z.string(), index: z.number(), email: z.exactOptional(z.string()), reason: z.string() }),
  ),
  /** Without a recommendation: the account that can be used first again. */
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

/** An account of a forecast as it is decided: its times and reasons become text only where somebody reads them. */
export interface FoundAccount extends Omit<ForecastAccount, 'availableAt' | 'reasons' | 'quota' | 'explanation'> {
  readonly availableAt?: number;
  readonly quota?: ShownQuota & BindingQuota;
  /** The first of its reasons, where it cannot be used. */
  readonly why?: string;
}

/** What a forecast is made of. Its JSON takes longer than its text, and is made where it is asked for. */
export interface ForecastFound extends Omit<ForecastResult, 'accounts'> {
  readonly accounts: readonly FoundAccount[];
  /** By the position of the account; a function, because nobody is shown all of it. */
  readonly decisionAt: (position: number) => AccountDecision | undefined;
  readonly isExplained: boolean;
  readonly now: number;
}

/** The decision as every command that recommends shows it in JSON. */
export function documentOf(found: ForecastFound): ForecastResult {
  const { decisionAt, isExplained: _isExplained, now: _now, accounts, ...known } = found;
  return {
    ...known,
    accounts: accounts.map((account, position) => accountDocument(account, decisionAt(position), found)),
  };
}

function accountDocument(
  { why: _why, availableAt, quota, ...known }: FoundAccount,
  decision: AccountDecision | undefined,
  { isExplained, now }: ForecastFound,
): ForecastAccount {
  return definedOnly({
    ...known,
    availableAt: toIso(availableAt),
    reasons: reasonsOf(decision, now),
    quota: quota && quotaViewOf(quota, now),
    explanation:
      isExplained && decision !== undefined
        ? { risk: [...decision.riskRows], score: { ...decision.scoreParts }, terms: scoreTerms(decision) }
        : undefined,
  });
}

export function quotaViewOf(quota: NonNullable<FoundAccount['quota']>, now: number): QuotaView {
  return toQuotaView(quota, quota.source ?? 'cache', now);
}

export function reasonsOf(decision: AccountDecision | undefined, now: number): string[] {
  return (decision?.reasons ?? []).map((reason) => describeReason(reason, (ms) => formatWhen(ms, now)));
}

interface FoundOptions {
  readonly model?: string;
  readonly explain?: boolean;
  /** How fast the windows are used up, and for what work each account has enough left. */
  readonly reading?: PaceReading;
  readonly task?: number;
}

export function foundOf(
  context: Context,
  probed: ShownProbes,
  decision: DecidedRoster,
  options: FoundOptions = {},
): ForecastFound {
  const now = context.clock.now();
  const { model } = options;
  const { decided } = decision;
  const accounts = decided.map((each) => foundAccount(context, probed, each, options, now));
  // Where nothing is known about any account, which one to use would be a guess.
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
    decisionAt: (position: number) => decided[position]?.decision,
    isExplained: options.explain === true,
    now,
  });
}

function foundAccount(
  context: Context,
  probed: ShownProbes,
  { account, decision }: DecidedAccount,
  { reading, task }: FoundOptions,
  now: number,
): FoundAccount {
  const { active, availability, availableAt, state, riskScore, riskLevel, score, quota } = decision;
  const [reason] = availability === 'unavailable' ? decision.reasons : [];
  const { id, index, email, label, workspace, distinction, accountId, stored, renewable, endsAt, keptBy } = accountRef(
    account,
    decision.index,
    context.options.mask === true,
  );
  // What is unknown stays in it as undefined, which the document leaves out. One literal, because an object that so
  // many members are copied into becomes a slow one, and there may be thousands of them.
  return {
    id,
    index,
    email,
    label,
    workspace,
    distinction,
    accountId,
    stored,
    renewable,
    endsAt,
    keptBy,
    active,
    availability,
    availableAt,
    state,
    riskScore,
    riskLevel,
    score,
    priority: account.priority,
    reservePercent: account.reservePercent,
    why: reason && describeReason(reason, (ms) => formatWhen(ms, now)),
    quota: quota && shownQuota(quota, probed.sourceOf(account.id)),
    failure: failureOfProbe(probed.probes.get(account.id), now),
    pace: reading?.paceOf(account.id),
    task: task === undefined ? undefined : reading?.fitOf(account.id, task),
  } as FoundAccount;
}

/** The quota itself where nothing is to be added, as for a thousand accounts that were not asked about. */
function shownQuota(quota: BindingQuota, source: QuotaSource): ShownQuota & BindingQuota {
  if (source === 'cache' && !quota.isUnlimited) return quota;
  return { ...quota, source, unlimited: quota.isUnlimited };
}
