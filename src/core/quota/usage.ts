import * as z from 'zod/mini';
import { instantMs, QuotaWindowSchema } from './window.js';

// The usage of an account in our terms and in the form it is stored in. Unknown is absent; times are milliseconds since
// the epoch; amounts stay the strings the server sent.

/** One limit with its windows. */
const limitShape = {
  windows: z.array(QuotaWindowSchema),
  /** The server named a window that could not be understood: the rest is not the whole truth. */
  incomplete: z.exactOptional(z.literal(true)),
  allowed: z.exactOptional(z.boolean()),
  limitReached: z.exactOptional(z.boolean()),
};

export const RateLimitSchema = z.object(limitShape);
export type RateLimit = z.infer<typeof RateLimitSchema>;

/** A limit of its own for one model or feature, besides the account's ordinary one. */
export const AdditionalLimitSchema = z.object({
  limitName: z.string(),
  meteredFeature: z.string(),
  modelSlug: z.exactOptional(z.string()),
  ...limitShape,
});
export type AdditionalLimit = z.infer<typeof AdditionalLimitSchema>;

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
  credits: z.exactOptional(z.array(ResetCreditSchema)),
});
export type ResetCredits = z.infer<typeof ResetCreditsSchema>;

/** What is kept of a usage answer in `account-state.json`: everything but who it is about. */
export const QuotaSnapshotSchema = z.object({
  /** When the server said so, milliseconds since the epoch. */
  observedAt: instantMs,
  /** Verbatim, plans we never heard of included. */
  planType: z.exactOptional(z.string()),
  ...limitShape,
  additional: z.array(AdditionalLimitSchema),
  credits: z.exactOptional(CreditsSchema),
  spendControl: z.exactOptional(SpendControlSchema),
  /** Verbatim: `rate_limit_reached`, `workspace_member_credits_depleted`, … (CODEX.md §4). */
  reachedType: z.exactOptional(z.string()),
  resetCredits: z.exactOptional(ResetCreditsSchema),
});
export type QuotaSnapshot = z.infer<typeof QuotaSnapshotSchema>;

/** One answer of the usage endpoint, with the identity it speaks about. */
export interface Usage extends QuotaSnapshot {
  readonly email?: string;
  readonly userId?: string;
  readonly accountId?: string;
}
