import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { looseInstant, looseList, looseNumber, looseText } from './loose-values.js';
import type { ResetCredit, ResetCredits } from './usage.js';

const RawResetCredits = z.object({
  available_count: looseNumber,
  applicable_available_count: looseNumber,
  credits: looseList,
});

const RawResetCredit = z.object({
  id: looseText,
  reset_type: looseText,
  status: looseText,
  granted_at: looseInstant,
  expires_at: looseInstant,
  title: looseText,
  description: looseText,
});

/**
 * The reset credits of an account: the count in a usage answer, or the list of `GET /wham/rate-limit-reset-credits`.
 * Undefined when there is neither.
 */
export function parseResetCredits(json: unknown): ResetCredits | undefined {
  const parsed = RawResetCredits.safeParse(json);
  if (!parsed.success) return undefined;
  const { available_count, applicable_available_count, credits } = parsed.data;
  if (available_count === undefined && credits === undefined) return undefined;
  return definedOnly({
    availableCount: toCount(available_count),
    applicableCount: toCount(applicable_available_count),
    credits: credits?.slice(0, mostCredits).flatMap(toResetCredit),
  });
}

/** More than anybody has. Of a longer list only so many are kept. */
const mostCredits = 100;

function toCount(value: number | undefined): number | undefined {
  return value === undefined || value < 0 || value > 1e6 ? undefined : Math.floor(value);
}

function toResetCredit(value: unknown): ResetCredit[] {
  const parsed = RawResetCredit.safeParse(value);
  if (!parsed.success || parsed.data.id === undefined) return [];
  const { id, reset_type, status, granted_at, expires_at, title, description } = parsed.data;
  return [
    {
      id,
      ...definedOnly({
        resetType: reset_type,
        status,
        grantedAt: granted_at,
        expiresAt: expires_at,
        title,
        description,
      }),
    },
  ];
}

/** How many reset credits there are to spend, and when the first of them ends. */
export function spendableCredits(
  { availableCount, applicableCount, credits = [] }: ResetCredits,
  now: number,
): { readonly count: number; readonly expiresAt?: number } {
  const alive = credits.filter(
    ({ status, expiresAt = Number.POSITIVE_INFINITY }) =>
      (status === undefined || status === 'available') && expiresAt > now,
  );
  const ends = alive.flatMap(({ expiresAt }) => expiresAt ?? []);
  const count = applicableCount ?? availableCount ?? alive.length;
  return definedOnly({ count, expiresAt: ends.length === 0 ? undefined : Math.min(...ends) });
}
