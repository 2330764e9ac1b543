import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { dayMs } from '../duration.js';
import { amountOf, asInstant, looseFlag, looseInstant, looseNumber, looseText, secondsInMs } from './loose-values.js';
import type { AdditionalLimit, RateLimit, SpendControl } from './usage.js';
import {
  budgetId,
  longestWindowSeconds,
  orderedWindows,
  type QuotaWindow,
  quotaWindow,
  windowLength,
} from './window.js';

/** When an answer came, by both clocks. Times are stored by our own clock, so that they can be compared with it. */
export interface Received {
  /** Milliseconds since the epoch, by our clock. */
  readonly observedAt: number;
  /** The same moment by the server's clock, from the `Date` of its answer. */
  readonly serverNow?: number | undefined;
}

const RawRateLimit = z.object({
  allowed: looseFlag,
  limit_reached: looseFlag,
  primary_window: z.optional(z.unknown()),
  secondary_window: z.optional(z.unknown()),
});

/** The limit in a value. Null and absent mean none; anything else that is no object is a limit that we cannot read. */
export function toRateLimit(value: unknown, received: Received): RateLimit {
  if (!isPresent(value)) return { windows: [] };
  const parsed = RawRateLimit.safeParse(value);
  if (!parsed.success) return { windows: [], incomplete: true };
  const { allowed, limit_reached, primary_window, secondary_window } = parsed.data;
  const slots = [primary_window, secondary_window].filter(isPresent);
  const windows = slots.map((slot) => toWindow(slot, received)).filter((window) => window !== undefined);
  return definedOnly({
    windows: orderedWindows(windows),
    incomplete: windows.length < slots.length ? (true as const) : undefined,
    allowed,
    limitReached: limit_reached,
  });
}

const RawWindow = z.object({
  used_percent: looseNumber,
  limit_window_seconds: looseNumber,
  reset_after_seconds: looseNumber,
  reset_at: looseInstant,
});

function toWindow(value: unknown, received: Received): QuotaWindow | undefined {
  const parsed = RawWindow.safeParse(value);
  if (!parsed.success) return undefined;
  const { used_percent, limit_window_seconds, reset_at, reset_after_seconds } = parsed.data;
  const durationSeconds = windowLength(limit_window_seconds);
  const resetsAt = resetInstant(reset_at, reset_after_seconds, received, durationSeconds);
  return quotaWindow({ durationSeconds, usedPercent: used_percent, resetsAt });
}

/** A smaller difference of the clocks is not corrected: the network and whole seconds explain it. */
const negligibleSkewMs = 60_000;

/** Where the two differ by less, `reset_at` is taken, because it stays the same from answer to answer. */
const sameInstantMs = 15_000;

/**
 * When a limit of `durationSeconds` resets, in milliseconds by our clock: `reset_after_seconds` from now, which needs no
 * clock but ours, else `reset_at` (unix seconds) by the server's clock. Undefined where neither is a possible time.
 */
export function resetInstant(
  resetAt: number | undefined,
  resetAfterSeconds: number | undefined,
  received: Received,
  durationSeconds?: number,
): number | undefined {
  const { observedAt } = received;
  const lengthMs = durationSeconds === undefined ? longestWindowSeconds * 1000 : durationSeconds * 1000;
  const isPlausible = (at: number) => at > observedAt - lengthMs - dayMs && at <= observedAt + 2 * lengthMs + dayMs;
  const counted =
    resetAfterSeconds === undefined || resetAfterSeconds < 0 ? undefined : observedAt + resetAfterSeconds * 1000;
  const named = ourClock(resetAt === undefined ? undefined : secondsInMs(resetAt), received);
  const isSame = counted !== undefined && named !== undefined && Math.abs(counted - named) <= sameInstantMs;
  const candidates = isSame ? [named] : [counted, named];
  return candidates.map(asInstant).find((at) => at !== undefined && isPlausible(at));
}

function ourClock(serverTime: number | undefined, { observedAt, serverNow = observedAt }: Received) {
  const skewMs = Math.abs(observedAt - serverNow) < negligibleSkewMs ? 0 : observedAt - serverNow;
  return serverTime === undefined ? undefined : serverTime + skewMs;
}

/** A time that the server named, by our clock; undefined when it was long over as it was named. */
export function ourInstant(serverTime: number | undefined, received: Received): number | undefined {
  const at = asInstant(ourClock(serverTime, received));
  return at === undefined || at < received.observedAt - dayMs ? undefined : at;
}

const RawAdditionalLimit = z.object({
  limit_name: looseText,
  metered_feature: looseText,
  normal_model_slug: looseText,
  rate_limit: z.optional(z.unknown()),
});

/** More than there are models. An answer that lists more is incomplete. */
const mostLimits = 100;

export function toAdditionalLimits(
  list: readonly unknown[],
  received: Received,
): { readonly limits: AdditionalLimit[]; readonly isCut: boolean } {
  const limits = list.slice(0, mostLimits).flatMap((entry) => toAdditionalLimit(entry, received));
  return { limits, isCut: list.length > mostLimits };
}

function toAdditionalLimit(value: unknown, received: Received): AdditionalLimit[] {
  const parsed = RawAdditionalLimit.safeParse(value);
  if (!parsed.success) return [];
  const limitName = parsed.data.limit_name ?? parsed.data.metered_feature;
  const meteredFeature = parsed.data.metered_feature ?? parsed.data.limit_name;
  // Without any name it is unknown what the limit binds.
  if (limitName === undefined || meteredFeature === undefined) return [];
  const names = definedOnly({ limitName, meteredFeature, modelSlug: parsed.data.normal_model_slug });
  return [{ ...names, ...toRateLimit(parsed.data.rate_limit, received) }];
}

/** The person's own spending limit as a window; undefined without numbers. */
export function budgetWindow({ reached, individualLimit }: SpendControl): QuotaWindow | undefined {
  if (individualLimit === undefined) return undefined;
  const { usedPercent, remainingPercent, resetsAt } = individualLimit;
  const told = remainingPercent === undefined ? usedPercent : 100 - remainingPercent;
  const used = told ?? usedFraction(individualLimit);
  return used === undefined ? undefined : quotaWindow({ id: budgetId, usedPercent: reached ? 100 : used, resetsAt });
}

function usedFraction({ limit, used, remaining }: NonNullable<SpendControl['individualLimit']>): number | undefined {
  const [all, spent, left] = [limit, used, remaining].map(amountOf);
  if (all === undefined || !(all > 0)) return undefined;
  if (spent !== undefined) return (spent / all) * 100;
  return left === undefined ? undefined : Math.max(0, (1 - left / all) * 100);
}

export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
