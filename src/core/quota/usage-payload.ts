import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import {
  looseAmount,
  looseFlag,
  looseInstant,
  looseList,
  looseNumber,
  looseObject,
  looseText,
  text,
} from './loose-values.js';
import { parseResetCredits } from './reset-credits.js';
import type { Credits, ModelUsage, SpendControl, Usage } from './usage.js';
import {
  isPresent,
  ourInstant,
  type Received,
  resetInstant,
  toAdditionalLimits,
  toRateLimit,
} from './usage-windows.js';
import { usedShare } from './window.js';

/** An answer of `GET /wham/usage`: the usage in it, or why it is not a usage answer. */
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
      reset_at: looseInstant,
    }),
  }),
  rate_limit_reached_type: z.catch(
    z.optional(
      z.union([
        text,
        z.pipe(
          z.object({ type: text }),
          z.transform(({ type }) => type),
        ),
      ]),
    ),
    undefined,
  ),
  rate_limit_reset_credits: z.optional(z.unknown()),
  model_usage: z.catch(z.optional(z.record(z.string(), z.unknown())), undefined),
});

type Payload = z.infer<typeof Payload>;

/**
 * Reads what the usage endpoint answered. Accepts every variant that has been seen and never throws: a member that makes
 * no sense counts as absent, and the others are still read.
 */
export function parseUsage(json: unknown, received: Received): UsageParse {
  const parsed = Payload.safeParse(json);
  if (!parsed.success) return { kind: 'malformed', reason: 'not-an-object' };
  if (!hasUsageMember(parsed.data)) return { kind: 'malformed', reason: 'no-usage-members' };
  return { kind: 'ok', usage: toUsage(parsed.data, received) };
}

/** Whether it is a usage answer. An error body has none of these members; reading it as one would hide the failure. */
function hasUsageMember(payload: Payload): boolean {
  const { plan_type, rate_limit, additional_rate_limits, credits, spend_control } = payload;
  return (
    plan_type !== undefined ||
    isPresent(rate_limit) ||
    [additional_rate_limits, credits, spend_control].some((member) => member !== undefined)
  );
}

function toUsage(payload: Payload, received: Received): Usage {
  const { limits, isCut } = toAdditionalLimits(payload.additional_rate_limits ?? [], received);
  return definedOnly({
    observedAt: received.observedAt,
    planType: payload.plan_type,
    email: payload.email,
    userId: payload.user_id,
    accountId: payload.account_id,
    ...toRateLimit(payload.rate_limit, received),
    ...(isCut ? { incomplete: true as const } : {}),
    additional: limits,
    credits: toCredits(payload.credits),
    spendControl: toSpendControl(payload.spend_control, received),
    reachedType: payload.rate_limit_reached_type,
    resetCredits: parseResetCredits(payload.rate_limit_reset_credits),
    modelUsage: toModelUsage(payload.model_usage, received),
  });
}

const RawModelUsage = z.object({
  available: looseFlag,
  available_at: looseInstant,
  credits_would_enable: looseFlag,
});

/** More than there are models. */
const mostModels = 200;

function toModelUsage(models: Payload['model_usage'], received: Received): ModelUsage[] | undefined {
  const known = Object.entries(models ?? {})
    .slice(0, mostModels)
    .flatMap(([slug, value]) => {
      const parsed = RawModelUsage.safeParse(value);
      if (!parsed.success || looseText.parse(slug) === undefined) return [];
      const { available, available_at, credits_would_enable } = parsed.data;
      return [
        definedOnly({
          slug,
          available,
          availableAt: ourInstant(available_at, received),
          creditsWouldEnable: credits_would_enable,
        }),
      ];
    });
  return known.length === 0 ? undefined : known;
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

/** An estimate above this is taken for absent. */
const mostMessages = 1e6;

function toRange(list: unknown[] | undefined): [number, number] | undefined {
  const from = looseNumber.parse(list?.[0]);
  const to = looseNumber.parse(list?.[1]);
  const isSensible = (count: number | undefined) => count !== undefined && count >= 0 && count <= mostMessages;
  return from === undefined || to === undefined || ![from, to].every(isSensible) ? undefined : [from, to];
}

function toSpendControl(raw: Payload['spend_control'], received: Received): SpendControl | undefined {
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
          usedPercent: usedShare(limit.used_percent),
          remainingPercent: usedShare(limit.remaining_percent),
          resetsAt: resetInstant(limit.reset_at, limit.reset_after_seconds, received),
        });
  return definedOnly({ reached: raw.reached, individualLimit });
}
