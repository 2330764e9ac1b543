import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { type BindingQuota, type BindingWindow, bindingQuota } from './binding-quota.js';
import type { QuotaSnapshot, Usage } from './usage.js';
import { isCurrent } from './window.js';

/** The part of a usage answer that is stored: everything but who it is about, which the account record knows. */
export function toSnapshot(usage: Usage): QuotaSnapshot {
  const { email: _email, userId: _userId, accountId: _accountId, ...snapshot } = usage;
  return snapshot;
}

/**
 * The smallest remaining share over all windows that bind the request now (DESIGN §9). Undefined while any of them is
 * unknown, because the smallest could be that one; 0 as soon as one is known to be empty (P15).
 */
export function usableNowPercent(
  snapshot: QuotaSnapshot,
  now: number,
  request: { model?: string } = {},
): number | undefined {
  return bindingQuota(snapshot, now, request).usableNowPercent;
}

/** Whether it is time to ask the server again: older than the TTL, from the future, or with a window that has reset. */
export function isStale(snapshot: QuotaSnapshot | undefined, now: number, ttlMs: number): boolean {
  if (snapshot === undefined) return true;
  const { observedAt, windows } = snapshot;
  if (now - observedAt >= ttlMs || observedAt > now) return true;
  return windows.some((window) => !isCurrent(window, observedAt, now));
}

/** The windows and the usable share as every command prints them in JSON (DESIGN §10.3); unknown is absent. */
export const QuotaViewSchema = z.object({
  source: z.enum(['live', 'cache']),
  observedAt: z.iso.datetime(),
  usableNowPercent: z.exactOptional(z.number()),
  windows: z.array(
    z.object({
      id: z.string(),
      durationSeconds: z.number(),
      usedPercent: z.number(),
      remainingPercent: z.number(),
      resetsAt: z.exactOptional(z.iso.datetime()),
      /** The per-model limit this window belongs to; absent for the ordinary one. */
      limitName: z.exactOptional(z.string()),
    }),
  ),
});
export type QuotaView = z.infer<typeof QuotaViewSchema>;
export type QuotaSource = QuotaView['source'];

/** Without the windows that have reset since: what they hold now is unknown. */
export function toQuotaView(quota: BindingQuota, source: QuotaSource): QuotaView {
  return definedOnly({
    source,
    observedAt: iso(quota.observedAt),
    usableNowPercent: quota.usableNowPercent,
    windows: quota.windows.map(toWindowView),
  });
}

function toWindowView(window: BindingWindow): QuotaView['windows'][number] {
  const { id, durationSeconds, usedPercent, remainingPercent, limitName } = window;
  const resetsAt = window.resetsAt === undefined ? undefined : iso(window.resetsAt);
  return definedOnly({ id, durationSeconds, usedPercent, remainingPercent, resetsAt, limitName });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
