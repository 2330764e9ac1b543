import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { asInstant, looseAmount, looseFlag, looseList, looseNumber, looseObject, looseText } from './loose-values.js';
import { parseResetCredits } from './reset-credits.js';
import type { AdditionalLimit, Credits, RateLimit, SpendControl, Usage } from './usage.js';
import { orderedWindows, type QuotaWindow, quotaWindow } from './window.js';

/** The verdict on an answer of `GET /wham/usage`: what it says, or why it is not a usage answer. */
export type UsageParse =
  | { readonly kind: 'ok'; readonly usage: Usage }
  | { readonly kind: 'malformed'; readonly reason: 'not-an-object' | 'no-usage-members' };

const Payload = z.object({
  user_id: looseText,
  account_id: looseText,
  email: looseText,
  plan_type: looseText,
  rate_limit: z.optional(z.unknown()),
  additional_rate_limits: looseList,
  credits: looseObject({
    has_credits: looseFlag,
    unlimited: looseFlag,
    balance: looseAmount,
    approx_local_messages: looseList,
    approx_cloud_messages: looseList,
  }),
  spend_control: looseObject({
    reached: looseFlag,
    individual_limit: looseObject({
      source: looseText,
      limit: looseAmount,
      used: looseAmount,
      remaining: looseAmount,
      used_percent: looseNumber,
      remaining_percent: looseNumber,
      reset_after_seconds: looseNumber,
      reset_at: looseNumber,
    }),
  }),
  rate_limit_reached_type: z.catch(
    z.optional(
      z.union([
        z.string(),
        z.pipe(
          z.object({ type: z.string() }),
          z.transform(({ type }) => type),
        ),
      ]),
    ),
    undefined,
  ),
  rate_limit_reset_credits: z.optional(z.unknown()),
});

type Payload = z.infer<typeof Payload>;

/**
 * Reads what the usage endpoint answered at `observedAt` (ms). Accepts every variant of CODEX.md §4 and never throws: a
 * member that makes no sense is unknown, the others still count.
 */
export function parseUsage(json: unknown, observedAt: number): UsageParse {
  const parsed = Payload.safeParse(json);
  if (!parsed.success) return { kind: 'malformed', reason: 'not-an-object' };
  if (!hasUsageMember(parsed.data)) return { kind: 'malformed', reason: 'no-usage-members' };
  return { kind: 'ok', usage: toUsage(parsed.data, observedAt) };
}

/** An error body or another page's JSON has none of these; reading it as "nothing known" would hide the failure. */
function hasUsageMember(payload: Payload): boolean {
  const { plan_type, rate_limit, additional_rate_limits, credits } = payload;
  return (
    plan_type !== undefined || isPresent(rate_limit) || additional_rate_limits !== undefined || credits !== undefined
  );
}

function toUsage(payload: Payload, observedAt: number): Usage {
  return definedOnly({
    observedAt,
    planType: payload.plan_type,
    email: payload.email,
    userId: payload.user_id,
    accountId: payload.account_id,
    ...toRateLimit(payload.rate_limit, observedAt),
    additional: (payload.additional_rate_limits ?? []).flatMap((entry) => toAdditionalLimit(entry, observedAt)),
    credits: toCredits(payload.credits),
    spendControl: toSpendControl(payload.spend_control, observedAt),
    reachedType: payload.rate_limit_reached_type,
    resetCredits: parseResetCredits(payload.rate_limit_reset_credits),
  });
}

const RawRateLimit = z.object({
  allowed: looseFlag,
  limit_reached: looseFlag,
  primary_window: z.optional(z.unknown()),
  secondary_window: z.optional(z.unknown()),
});

/** Null and absent mean that there is no such limit; anything else that is no object is a limit we cannot read. */
function toRateLimit(value: unknown, observedAt: number): RateLimit {
  if (!isPresent(value)) return { windows: [] };
  const parsed = RawRateLimit.safeParse(value);
  if (!parsed.success) return { windows: [], incomplete: true };
  const { allowed, limit_reached, primary_window, secondary_window } = parsed.data;
  const slots = [primary_window, secondary_window].filter(isPresent);
  const windows = slots.map((slot) => toWindow(slot, observedAt)).filter((window) => window !== undefined);
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
  reset_after_seconds: z.optional(z.unknown()),
  reset_at: z.optional(z.unknown()),
});

function toWindow(value: unknown, observedAt: number): QuotaWindow | undefined {
  const parsed = RawWindow.safeParse(value);
  if (!parsed.success) return undefined;
  const { used_percent, limit_window_seconds, reset_at, reset_after_seconds } = parsed.data;
  const resetsAt = resetInstant(looseNumber.parse(reset_at), looseNumber.parse(reset_after_seconds), observedAt);
  // A reset that was named but is nonsense makes the whole window doubtful; one that was never named is only unknown.
  if (resetsAt === undefined && (isPresent(reset_at) || isPresent(reset_after_seconds))) return undefined;
  return quotaWindow({ durationSeconds: limit_window_seconds, usedPercent: used_percent, resetsAt });
}

/** Clocks that differ by less count as the same: an answer may have been on its way, or in a cache, for a while. */
const toleratedSkewMs = 5 * 60_000;

/**
 * When our clock shows the reset: `reset_at` (unix seconds), unless `reset_after_seconds` from `observedAt` contradicts it,
 * because our clock is off; in milliseconds.
 */
export function resetInstant(
  resetAt: number | undefined,
  resetAfterSeconds: number | undefined,
  observedAt: number,
): number | undefined {
  const named = resetAt === undefined ? undefined : asInstant(resetAt * 1000);
  if (resetAfterSeconds === undefined || resetAfterSeconds < 0) return named;
  const counted = asInstant(observedAt + resetAfterSeconds * 1000);
  if (named === undefined || counted === undefined) return named ?? counted;
  return Math.abs(named - counted) <= toleratedSkewMs ? named : counted;
}

const RawAdditionalLimit = z.object({
  limit_name: looseText,
  metered_feature: looseText,
  normal_model_slug: looseText,
  rate_limit: z.optional(z.unknown()),
});

function toAdditionalLimit(value: unknown, observedAt: number): AdditionalLimit[] {
  const parsed = RawAdditionalLimit.safeParse(value);
  if (!parsed.success) return [];
  const limitName = parsed.data.limit_name ?? parsed.data.metered_feature;
  const meteredFeature = parsed.data.metered_feature ?? parsed.data.limit_name;
  // Without any name nobody can say what the limit binds.
  if (limitName === undefined || meteredFeature === undefined) return [];
  const names = definedOnly({ limitName, meteredFeature, modelSlug: parsed.data.normal_model_slug });
  return [{ ...names, ...toRateLimit(parsed.data.rate_limit, observedAt) }];
}

function toCredits(raw: Payload['credits']): Credits | undefined {
  if (raw === undefined) return undefined;
  return definedOnly({
    hasCredits: raw.has_credits,
    unlimited: raw.unlimited,
    balance: raw.balance,
    approxLocalMessages: toRange(raw.approx_local_messages),
    approxCloudMessages: toRange(raw.approx_cloud_messages),
  });
}

function toRange(list: unknown[] | undefined): [number, number] | undefined {
  const from = looseNumber.parse(list?.[0]);
  const to = looseNumber.parse(list?.[1]);
  return from === undefined || to === undefined ? undefined : [from, to];
}

function toSpendControl(raw: Payload['spend_control'], observedAt: number): SpendControl | undefined {
  if (raw === undefined) return undefined;
  const limit = raw.individual_limit;
  const individualLimit =
    limit === undefined
      ? undefined
      : definedOnly({
          source: limit.source,
          limit: limit.limit,
          used: limit.used,
          remaining: limit.remaining,
          usedPercent: clampPercent(limit.used_percent),
          remainingPercent: clampPercent(limit.remaining_percent),
          resetsAt: resetInstant(limit.reset_at, limit.reset_after_seconds, observedAt),
        });
  return definedOnly({ reached: raw.reached, individualLimit });
}

function clampPercent(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.min(100, Math.max(0, value));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
