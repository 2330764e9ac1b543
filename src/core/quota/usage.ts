import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { latestInstantMs } from './loose-values.js';
import { instantMs, isQuotaWindow, isWithin, type QuotaWindow } from './window.js';

// The usage of an account in our terms and in the form it is stored in. Unknown is absent; times are milliseconds since
// the epoch; amounts stay the strings the server sent.

/** One limit with its windows. */
export interface RateLimit {
  readonly windows: QuotaWindow[];
  /** The server named a window that could not be understood: the rest is not the whole truth. */
  readonly incomplete?: true;
  readonly allowed?: boolean;
  readonly limitReached?: boolean;
}

/** A limit of its own for one model or feature, besides the account's ordinary one. */
export interface AdditionalLimit extends RateLimit {
  readonly limitName: string;
  readonly meteredFeature: string;
  readonly modelSlug?: string;
}

const messageRange = z.tuple([z.number(), z.number()]);

export const CreditsSchema = z.object({
  hasCredits: z.exactOptional(z.boolean()),
  unlimited: z.exactOptional(z.boolean()),
  balance: z.exactOptional(z.string()),
  /** The server's own estimate, from and to. */
  approxLocalMessages: z.exactOptional(messageRange),
  approxCloudMessages: z.exactOptional(messageRange),
});
export type Credits = z.infer<typeof CreditsSchema>;

export const SpendControlSchema = z.object({
  reached: z.exactOptional(z.boolean()),
  individualLimit: z.exactOptional(
    z.object({
      source: z.exactOptional(z.string()),
      limit: z.exactOptional(z.string()),
      used: z.exactOptional(z.string()),
      remaining: z.exactOptional(z.string()),
      usedPercent: z.exactOptional(z.number()),
      remainingPercent: z.exactOptional(z.number()),
      resetsAt: z.exactOptional(instantMs),
    }),
  ),
});
export type SpendControl = z.infer<typeof SpendControlSchema>;

export const ResetCreditSchema = z.object({
  id: z.string(),
  resetType: z.exactOptional(z.string()),
  status: z.exactOptional(z.string()),
  grantedAt: z.exactOptional(instantMs),
  expiresAt: z.exactOptional(instantMs),
  title: z.exactOptional(z.string()),
  description: z.exactOptional(z.string()),
});
export type ResetCredit = z.infer<typeof ResetCreditSchema>;

export const ResetCreditsSchema = z.object({
  availableCount: z.exactOptional(z.number()),
  /** How many of them would help with what is used up now. */
  applicableCount: z.exactOptional(z.number()),
  credits: z.exactOptional(z.array(ResetCreditSchema)),
});
export type ResetCredits = z.infer<typeof ResetCreditsSchema>;

/** Whether one model can be used at the moment, besides all limits. */
export const ModelUsageSchema = z.object({
  slug: z.string(),
  available: z.exactOptional(z.boolean()),
  availableAt: z.exactOptional(instantMs),
  creditsWouldEnable: z.exactOptional(z.boolean()),
});
export type ModelUsage = z.infer<typeof ModelUsageSchema>;
const ModelUsageList = z.array(ModelUsageSchema);

/** What is kept of a usage answer in `account-state.json`: everything but who it is about. */
export interface QuotaSnapshot extends RateLimit {
  /** When the server said so, milliseconds since the epoch. */
  readonly observedAt: number;
  /** The official client has handed its numbers over; absent where the provider was asked. */
  readonly origin?: 'official-client';
  /** Verbatim, plans we never heard of included. */
  readonly planType?: string;
  readonly additional: AdditionalLimit[];
  readonly credits?: Credits;
  readonly spendControl?: SpendControl;
  /** Verbatim: `rate_limit_reached`, `workspace_member_credits_depleted`, … (official-client.md#backend). */
  readonly reachedType?: string;
  readonly resetCredits?: ResetCredits;
  readonly modelUsage?: ModelUsage[];
}

/** Plain predicates but for what is rare: a listing reads one of these for each of a thousand accounts. */
export function isQuotaSnapshot(value: unknown): value is QuotaSnapshot {
  if (!isJsonObject(value)) return false;
  const { observedAt, origin, planType, additional, credits, spendControl, reachedType, resetCredits, modelUsage } =
    value;
  return (
    isWithin(observedAt, 0, latestInstantMs) &&
    (origin === undefined || origin === 'official-client') &&
    isTextOrAbsent(planType) &&
    isTextOrAbsent(reachedType) &&
    isRateLimit(value) &&
    Array.isArray(additional) &&
    additional.every((each) => isJsonObject(each) && isAdditionalLimit(each)) &&
    (credits === undefined || CreditsSchema.safeParse(credits).success) &&
    (spendControl === undefined || SpendControlSchema.safeParse(spendControl).success) &&
    (resetCredits === undefined || ResetCreditsSchema.safeParse(resetCredits).success) &&
    (modelUsage === undefined || ModelUsageList.safeParse(modelUsage).success)
  );
}

function isRateLimit({ windows, incomplete, allowed, limitReached }: JsonObject): boolean {
  return (
    Array.isArray(windows) &&
    windows.every(isQuotaWindow) &&
    (incomplete === undefined || incomplete === true) &&
    isFlagOrAbsent(allowed) &&
    isFlagOrAbsent(limitReached)
  );
}

function isAdditionalLimit(value: JsonObject): boolean {
  const { limitName, meteredFeature, modelSlug } = value;
  return (
    typeof limitName === 'string' &&
    typeof meteredFeature === 'string' &&
    isTextOrAbsent(modelSlug) &&
    isRateLimit(value)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isFlagOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** One answer of the usage endpoint, with the identity it speaks about. */
export interface Usage extends QuotaSnapshot {
  readonly email?: string;
  readonly userId?: string;
  readonly accountId?: string;
}
