import { definedOnly } from '../defined-only.js';
import { type BindingWindow, bindingQuota } from '../quota/binding-quota.js';
import type { QuotaSnapshot, ResetCredit, ResetCredits } from '../quota/usage.js';
import { budgetId, isExhausted } from '../quota/window.js';
import type { UnsettledRequest } from './unsettled.js';

/** What spending a credit of an account would do now, or why none is spent. */
export type Prospect =
  | {
      readonly kind: 'ready';
      /** The windows that would be full again. */
      readonly windows: readonly BindingWindow[];
      /** The credit that would be spent; absent where the provider tells only how many there are. */
      readonly credit?: ResetCredit;
      /** How many there are, this one included. */
      readonly count: number;
    }
  /** An earlier request has no answer: it is asked about again, and no other credit is spent. */
  | { readonly kind: 'repeat'; readonly request: UnsettledRequest; readonly windows: readonly BindingWindow[] }
  /** Nothing is used up. An earlier request has not spent its credit either, so that it must not be sent now. */
  | { readonly kind: 'nothing-used-up'; readonly request?: UnsettledRequest }
  | { readonly kind: 'no-credit' }
  /** There are credits, and the provider says that none of them helps now. */
  | { readonly kind: 'none-applies'; readonly count: number };

/** Both as they were just read: what was known before may be spent or full by now. */
export interface Findings {
  readonly quota: QuotaSnapshot;
  readonly credits: ResetCredits | undefined;
}

export function prospectOf({ quota, credits }: Findings, request: UnsettledRequest | undefined, now: number): Prospect {
  const windows = usedUpWindows(quota, now);
  if (request !== undefined) {
    // Sent now, it would spend its credit on windows that are full, unless it has done so already.
    const isSpent =
      request.creditId !== undefined && !availableIn(credits, now).some(({ id }) => id === request.creditId);
    return windows.length > 0 || isSpent ? { kind: 'repeat', request, windows } : { kind: 'nothing-used-up', request };
  }
  if (windows.length === 0) return { kind: 'nothing-used-up' };
  const available = availableIn(credits, now);
  const count = credits?.credits === undefined ? (quota.resetCredits?.availableCount ?? 0) : available.length;
  if (count === 0) return { kind: 'no-credit' };
  if (quota.resetCredits?.applicableCount === 0) return { kind: 'none-applies', count };
  return definedOnly({ kind: 'ready' as const, windows, credit: available[0], count });
}

/** A credit fills the ordinary windows; nothing says that it helps with a model's own limit or a budget. */
function usedUpWindows(quota: QuotaSnapshot, now: number): BindingWindow[] {
  return bindingQuota(quota, now).windows.filter(
    (window) => isExhausted(window) && window.limitName === undefined && window.id !== budgetId,
  );
}

/** The credits that can be spent; the one that would be lost first comes first. */
function availableIn(known: ResetCredits | undefined, now: number): ResetCredit[] {
  const end = ({ expiresAt = Number.POSITIVE_INFINITY }: ResetCredit) => expiresAt;
  return (known?.credits ?? [])
    .filter((credit) => (credit.status === undefined || credit.status === 'available') && end(credit) > now)
    .sort((a, b) => (end(a) < end(b) ? -1 : 1));
}
