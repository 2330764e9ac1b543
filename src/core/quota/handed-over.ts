import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { looseList, looseNumber, looseText, secondsInMs } from './loose-values.js';
import type { AdditionalLimit, QuotaSnapshot } from './usage.js';
import { isSameReset, orderedWindows, type QuotaWindow, quotaWindow, windowLength } from './window.js';

const RawLimit = z.object({
  limit_id: looseText,
  limit_name: looseText,
  primary_limit: z.optional(z.unknown()),
  secondary_limit: z.optional(z.unknown()),
});

const RawWindow = z.object({ used_percent: looseNumber, window_minutes: looseNumber, resets_at: looseNumber });

/** The limits of an account as the official client hands them over, which tells neither their age nor their account. */
export interface HandedOver {
  readonly windows: readonly QuotaWindow[];
  readonly additional: readonly AdditionalLimit[];
}

/** The id of the ordinary limit in the client. */
const ordinaryLimit = 'codex';

const mostLimits = 100;

/**
 * Reads the `rate_limits` of the client's status line (official-client.md#status-line). Undefined where the ordinary limit
 * is not in it, or has no window that makes sense.
 */
export function parseHandedOver(value: unknown): HandedOver | undefined {
  const limits = (looseList.parse(value) ?? []).slice(0, mostLimits).flatMap(toLimit);
  const ordinary = limits.find(({ meteredFeature }) => meteredFeature === ordinaryLimit);
  if (ordinary === undefined || ordinary.windows.length === 0) return undefined;
  return { windows: ordinary.windows, additional: limits.filter((each) => each !== ordinary) };
}

function toLimit(value: unknown): AdditionalLimit[] {
  const parsed = RawLimit.safeParse(value);
  if (!parsed.success || parsed.data.limit_id === undefined) return [];
  const { limit_id, limit_name, primary_limit, secondary_limit } = parsed.data;
  const windows = [primary_limit, secondary_limit].flatMap((each) => toWindow(each) ?? []);
  return [{ limitName: limit_name ?? limit_id, meteredFeature: limit_id, windows: orderedWindows(windows) }];
}

function toWindow(value: unknown): QuotaWindow | undefined {
  const parsed = RawWindow.safeParse(value);
  if (!parsed.success) return undefined;
  const { used_percent, window_minutes, resets_at } = parsed.data;
  return quotaWindow({
    durationSeconds: windowLength(window_minutes === undefined ? undefined : window_minutes * 60),
    usedPercent: used_percent,
    resetsAt: resets_at === undefined ? undefined : secondsInMs(resets_at),
  });
}

/** Whether a window resets when a known one does, which shows the account: no two began a window at the same moment. */
export function endsLike({ windows }: HandedOver, known: QuotaSnapshot | undefined): boolean {
  return windows.some(({ id, resetsAt }) =>
    known?.windows.some((each) => each.id === id && resetsAt !== undefined && isSameReset(each.resetsAt, resetsAt)),
  );
}

/** Whether numbers of unknown age must be newer than the known ones: no window is behind, and one is ahead. */
export function isAhead({ windows }: HandedOver, known: QuotaSnapshot | undefined): boolean {
  if (known === undefined) return true;
  const leads = windows.map((window) =>
    leadOf(
      window,
      known.windows.find(({ id }) => id === window.id),
    ),
  );
  return leads.every((lead) => lead >= 0) && leads.some((lead) => lead > 0);
}

/** Above zero where the window was seen later than the known one. */
function leadOf(window: QuotaWindow, known: QuotaWindow | undefined): number {
  if (known === undefined) return 1;
  if (isSameReset(window.resetsAt, known.resetsAt)) return window.usedPercent - known.usedPercent;
  return (window.resetsAt ?? 0) - (known.resetsAt ?? 0);
}

/** The known snapshot with these numbers in it; what the client does not hand over stays as it was. */
export function withHandedOver(
  known: QuotaSnapshot | undefined,
  { windows, additional }: HandedOver,
  observedAt: number,
): QuotaSnapshot {
  const { planType, credits, spendControl, resetCredits, modelUsage } = known ?? {};
  const slugOf = (feature: string) => known?.additional.find((each) => each.meteredFeature === feature)?.modelSlug;
  return definedOnly({
    observedAt,
    origin: 'official-client' as const,
    planType,
    windows: [...windows],
    additional: additional.map((limit) => definedOnly({ ...limit, modelSlug: slugOf(limit.meteredFeature) })),
    credits,
    spendControl,
    resetCredits,
    modelUsage,
  });
}
