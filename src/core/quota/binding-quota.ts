import { definedOnly } from '../defined-only.js';
import { amountOf } from './loose-values.js';
import { isLimitOf, isSameModel } from './model-names.js';
import type { AdditionalLimit, QuotaSnapshot, RateLimit } from './usage.js';
import { budgetWindow } from './usage-windows.js';
import { budgetId, byDuration, isCurrent, isExhausted, isFromAhead, type QuotaWindow, undatedMs } from './window.js';

/** A window that limits a request now, and the per-model limit it comes from when it is not the ordinary one. */
export type BindingWindow = QuotaWindow & { readonly limitName?: string };

/** The provider does not let the model that was asked for be used at the moment. */
export interface ModelBlock {
  readonly model: string;
  readonly availableAt?: number;
  readonly creditsWouldEnable?: boolean;
}

/** Everything a snapshot says at `now` about a request for one model. */
export interface BindingQuota {
  readonly observedAt: number;
  readonly origin?: QuotaSnapshot['origin'] | undefined;
  /** The plan in that answer, which is newer than the one in a token: that is from the last sign-in or refresh. */
  readonly planType?: string | undefined;
  /** Shortest first. The person's own spending limit is one of them. */
  readonly windows: readonly BindingWindow[];
  /** Windows whose reset has passed: that they bind is known, how full they are is not. */
  readonly lapsed: readonly BindingWindow[];
  /** The server named a window that could not be read. */
  readonly isIncomplete: boolean;
  /** Nothing binds at all. */
  readonly isUnlimited: boolean;
  /** The credits on which requests go on when the windows are used up; absent when there are none to use. */
  readonly credits?: { readonly balance?: string } | undefined;
  readonly refusal?: Refusal | undefined;
  readonly modelBlock?: ModelBlock | undefined;
  /** The smallest remaining share of all binding windows; absent while any of them is unknown, unless one is empty. */
  readonly usableNowPercent?: number | undefined;
}

/** After this long, an hour, a snapshot no longer tells by itself how things are now. */
export const oldSnapshotMs = undatedMs;

/**
 * What binds: the ordinary limit and the budget, and with `model` also what the provider says about that model. Whether a
 * model's own limit replaces the ordinary one is not documented by the provider; taking both never promises quota that is
 * not there.
 */
export function bindingQuota(snapshot: QuotaSnapshot, now: number, request: { model?: string } = {}): BindingQuota {
  const { observedAt } = snapshot;
  const models = snapshot.additional.filter((limit) => isLimitOf(limit, request.model));
  const isFree = hasNoOrdinaryLimit(snapshot);
  const all = shortestFirst(withModels(ordinaryWindows(snapshot), models));
  const lapsed = all.filter((window) => !isCurrent(window, observedAt, now));
  const windows = lapsed.length === 0 ? all : all.filter((window) => !lapsed.includes(window));
  const isIncomplete = snapshot.incomplete === true || models.some((limit) => limit.incomplete === true);
  const isDated = !isFromAhead(observedAt, now);
  const refusal = isDated ? refusalOf(snapshot, models, now) : undefined;
  const modelBlock = isDated ? modelBlockOf(snapshot, request.model, now) : undefined;
  const isUnlimited = isFree && all.length === 0 && !isIncomplete && refusal === undefined;
  return {
    observedAt,
    origin: snapshot.origin,
    planType: snapshot.planType,
    windows,
    lapsed,
    isIncomplete,
    isUnlimited,
    credits: usableCredits(snapshot),
    refusal,
    modelBlock,
    usableNowPercent: isUnlimited ? 100 : smallestRemaining(windows, isIncomplete || lapsed.length > 0),
  };
}

function withModels(ordinary: readonly BindingWindow[], models: readonly AdditionalLimit[]): readonly BindingWindow[] {
  if (models.length === 0) return ordinary;
  return ordinary.concat(models.flatMap(({ windows, limitName }) => windows.map((each) => ({ ...each, limitName }))));
}

/** The windows, shortest first. Nearly every snapshot has them in that order already. */
function shortestFirst(windows: readonly BindingWindow[]): readonly BindingWindow[] {
  const areInOrder = windows.every((window, place) => byDuration(windows[place - 1] ?? window, window) <= 0);
  return areInOrder ? windows : [...windows].sort(byDuration);
}

/** With unlimited credits no window stops requests; an answer that allows requests and names no window has no limit. */
function hasNoOrdinaryLimit({ credits, allowed, windows }: QuotaSnapshot): boolean {
  return credits?.unlimited === true || (allowed === true && windows.length === 0);
}

function ordinaryWindows(snapshot: QuotaSnapshot): readonly BindingWindow[] {
  const { credits, spendControl, windows } = snapshot;
  const own = credits?.unlimited === true ? [] : windows;
  const budget = spendControl && budgetWindow(spendControl);
  return budget === undefined ? own : [...own, budget];
}

function smallestRemaining(windows: readonly BindingWindow[], hasUnknown: boolean): number | undefined {
  if (windows.length === 0) return undefined;
  const smallest = windows.reduce((least, { remainingPercent }) => Math.min(least, remainingPercent), 100);
  return hasUnknown && smallest > 0 ? undefined : smallest;
}

/** The block of a model. Without a time it counts for an hour from the snapshot. */
function modelBlockOf(snapshot: QuotaSnapshot, model: string | undefined, now: number): ModelBlock | undefined {
  if (model === undefined) return undefined;
  const usage = snapshot.modelUsage?.find(({ slug }) => isSameModel(slug, model));
  if (usage?.available !== false) return undefined;
  const { slug, availableAt, creditsWouldEnable } = usage;
  if (now >= (availableAt ?? snapshot.observedAt + oldSnapshotMs)) return undefined;
  return definedOnly({ model: slug, availableAt, creditsWouldEnable });
}

/** Whether a window that is used up is all that keeps the account from answering on its credits. */
export function wouldGoOnWithCredits({ credits, windows, refusal, modelBlock }: BindingQuota): boolean {
  if (credits === undefined || (modelBlock !== undefined && modelBlock.creditsWouldEnable !== true)) return false;
  if (refusal?.type !== undefined && refusal.type !== 'rate_limit_reached') return false;
  // Whether credits help with a model's own limit is not known.
  const empty = windows.filter(isExhausted);
  const isHelped = ({ limitName, id }: BindingWindow) => limitName === undefined && id !== budgetId;
  return empty.every(isHelped) && (empty.length > 0 || refusal !== undefined || modelBlock !== undefined);
}

/** The server says that requests are refused although no window explains it (workspace credits, spend control, …). */
interface Refusal {
  /** `spend_control`, or the server's own word (`workspace_member_credits_depleted`, …), when it gave one. */
  readonly type?: string;
  /** Milliseconds since the epoch, when the server named an end. */
  readonly resetsAt?: number;
  /** The limit of a model that it is about; absent where it is about all requests. */
  readonly limitName?: string;
}

/** The refusal by the ordinary limit, else by the first of the model's limits that refuses. */
function refusalOf(snapshot: QuotaSnapshot, models: readonly AdditionalLimit[], now: number): Refusal | undefined {
  const own = limitRefusal(snapshot, snapshot, now);
  if (own !== undefined || models.length === 0) return own;
  for (const limit of models) {
    const refusal = limitRefusal(limit, snapshot, now);
    if (refusal !== undefined) return { ...refusal, limitName: limit.limitName };
  }
  return undefined;
}

/** A refusal that no empty window explains. It ends when the spend control resets; without that time after an hour. */
function limitRefusal(limit: RateLimit, snapshot: QuotaSnapshot, now: number): Refusal | undefined {
  const isOrdinary = limit === snapshot;
  const type = isOrdinary ? reachedBeyondWindows(snapshot) : undefined;
  const isRefused = limit.allowed === false || limit.limitReached === true || type !== undefined;
  if (!isRefused || limit.windows.some(isExhausted) || (isOrdinary && isExplained(snapshot, type))) return undefined;
  const resetsAt = isOrdinary ? spendControlReset(snapshot) : undefined;
  const isOver = resetsAt === undefined ? now - snapshot.observedAt >= undatedMs : now >= resetsAt;
  return isOver ? undefined : definedOnly({ type: type ?? (isOrdinary ? snapshot.reachedType : undefined), resetsAt });
}

/**
 * Whether an empty budget that names its reset explains the refusal, or a window that unlimited credits make up for.
 */
function isExplained({ spendControl, credits }: QuotaSnapshot, type: string | undefined): boolean {
  const budget = spendControl && budgetWindow(spendControl);
  if (budget !== undefined && isExhausted(budget) && budget.resetsAt !== undefined) return true;
  return credits?.unlimited === true && (type === undefined || type === 'rate_limit_reached');
}

function spendControlReset({ spendControl }: QuotaSnapshot): number | undefined {
  return spendControl?.reached === true ? spendControl.individualLimit?.resetsAt : undefined;
}

const creditsDepleted = ['workspace_owner_credits_depleted', 'workspace_member_credits_depleted'];

const reachedTypes = new Set([
  'rate_limit_reached',
  ...creditsDepleted,
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
]);

/** The type of a refusal; undefined with `allowed: true`, and for a type that the official client does not know. */
function reachedBeyondWindows(snapshot: QuotaSnapshot): string | undefined {
  if (snapshot.allowed === true) return undefined;
  if (snapshot.reachedType !== undefined && reachedTypes.has(snapshot.reachedType)) return snapshot.reachedType;
  return snapshot.spendControl?.reached === true ? 'spend_control' : undefined;
}

/** The credits that an account would go on with; undefined when there are none, or the workspace has stopped them. */
function usableCredits(snapshot: QuotaSnapshot): { readonly balance?: string } | undefined {
  const { credits, spendControl, reachedType } = snapshot;
  if (credits?.hasCredits !== true || credits.unlimited === true || spendControl?.reached === true) return undefined;
  if (reachedType !== undefined && creditsDepleted.includes(reachedType)) return undefined;
  const { balance } = credits;
  const amount = amountOf(balance);
  return amount !== undefined && amount <= 0 ? undefined : definedOnly({ balance });
}
