import { definedOnly } from '../defined-only.js';
import type { AdditionalLimit, QuotaSnapshot, RateLimit } from './usage.js';
import { isCurrent, isExhausted, type QuotaWindow } from './window.js';

/** A window that limits a request now, and the per-model limit it comes from when it is not the ordinary one. */
export type BindingWindow = QuotaWindow & { readonly limitName?: string };

/** The server says that requests are refused although no window explains it (workspace credits, spend control, …). */
export interface Refusal {
  /** `spend_control`, or the server's own word (`workspace_member_credits_depleted`, …), when it gave one. */
  readonly type?: string;
  /** Milliseconds since the epoch, when the server named an end. */
  readonly resetsAt?: number;
}

/** Everything a snapshot says at `now` about a request for one model. */
export interface BindingQuota {
  readonly observedAt: number;
  /** Shortest first. */
  readonly windows: readonly BindingWindow[];
  /** Windows whose reset has passed: that they bind is known, how full they are is not (P15). */
  readonly lapsed: readonly BindingWindow[];
  /** The server named a window that could not be read. */
  readonly isIncomplete: boolean;
  readonly refusal?: Refusal | undefined;
  /** The smallest remaining share over all binding windows; absent while any of them is unknown, unless one is empty. */
  readonly usableNowPercent?: number | undefined;
}

/** After an hour a snapshot is too old to stand for the present on its own (DESIGN §9, the risk table). */
export const oldSnapshotMs = 3_600_000;

/**
 * What binds: the ordinary limit, and with `model` also the additional limits of that model. Whether a model's own
 * limit replaces the ordinary one is not documented by the provider; taking both never promises quota that is not there.
 */
export function bindingQuota(snapshot: QuotaSnapshot, now: number, request: { model?: string } = {}): BindingQuota {
  const { observedAt } = snapshot;
  const models = snapshot.additional.filter((limit) => isLimitOf(limit, request.model));
  const limits = [snapshot, ...models];
  const all: BindingWindow[] = snapshot.windows.concat(...models.map(namedWindows)).sort(byDuration);
  const windows = all.filter((window) => isCurrent(window, observedAt, now));
  const lapsed = windows.length === all.length ? [] : all.filter((window) => !windows.includes(window));
  const isIncomplete = limits.some((limit) => limit.incomplete === true);
  return {
    observedAt,
    windows,
    lapsed,
    isIncomplete,
    refusal: firstRefusal(limits, snapshot, now),
    usableNowPercent: smallestRemaining(windows, isIncomplete || lapsed.length > 0),
  };
}

function smallestRemaining(windows: readonly BindingWindow[], hasUnknown: boolean): number | undefined {
  if (windows.length === 0) return undefined;
  const smallest = Math.min(...windows.map((window) => window.remainingPercent));
  return hasUnknown && smallest > 0 ? undefined : smallest;
}

/** By the limit's name, its metered feature or its model slug, whatever the case and punctuation. */
export function isLimitOf(limit: AdditionalLimit, model: string | undefined): boolean {
  if (model === undefined) return false;
  const names = [limit.limitName, limit.meteredFeature, limit.modelSlug].filter((name) => name !== undefined);
  return names.map(lettersAndDigits).includes(lettersAndDigits(model));
}

function lettersAndDigits(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function namedWindows(limit: AdditionalLimit): BindingWindow[] {
  return limit.windows.map((window) => ({ ...window, limitName: limit.limitName }));
}

function byDuration(a: QuotaWindow, b: QuotaWindow): number {
  return a.durationSeconds - b.durationSeconds;
}

function firstRefusal(limits: readonly RateLimit[], snapshot: QuotaSnapshot, now: number): Refusal | undefined {
  for (const limit of limits) {
    const refusal = refusalOf(limit, snapshot, now);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** A refusal that a full window explains ends with that window; any other with the spend control, else with its age. */
function refusalOf(limit: RateLimit, snapshot: QuotaSnapshot, now: number): Refusal | undefined {
  const isOrdinary = limit === snapshot;
  const type = isOrdinary ? reachedBeyondWindows(snapshot) : undefined;
  const isRefused = limit.allowed === false || limit.limitReached === true || type !== undefined;
  if (!isRefused || limit.windows.some(isExhausted)) return undefined;
  const resetsAt = isOrdinary ? spendControlReset(snapshot) : undefined;
  const isOver = resetsAt === undefined ? now - snapshot.observedAt >= oldSnapshotMs : now >= resetsAt;
  return isOver ? undefined : definedOnly({ type: type ?? (isOrdinary ? snapshot.reachedType : undefined), resetsAt });
}

function spendControlReset({ spendControl }: QuotaSnapshot): number | undefined {
  return spendControl?.reached === true ? spendControl.individualLimit?.resetsAt : undefined;
}

const reachedTypes = new Set([
  'rate_limit_reached',
  'workspace_owner_credits_depleted',
  'workspace_member_credits_depleted',
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
]);

/** `allowed: true` is the server's last word; a type the client does not know says nothing (CODEX.md §4). */
function reachedBeyondWindows(snapshot: QuotaSnapshot): string | undefined {
  if (snapshot.allowed === true) return undefined;
  if (snapshot.reachedType !== undefined && reachedTypes.has(snapshot.reachedType)) return snapshot.reachedType;
  return snapshot.spendControl?.reached === true ? 'spend_control' : undefined;
}
