import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { toIso } from '../instant.js';
import { type BindingQuota, type BindingWindow, oldSnapshotMs } from './binding-quota.js';
import type { QuotaSnapshot, Usage } from './usage.js';
import { isCurrent } from './window.js';

/** The part of a usage answer that is stored: all but the identity, which the account record has. */
export function toSnapshot(usage: Usage): QuotaSnapshot {
  const { email: _email, userId: _userId, accountId: _accountId, ...snapshot } = usage;
  return snapshot;
}

/** Whether it is time to ask the server again: older than the TTL, from the future, or with a window that has reset. */
export function isStale(snapshot: QuotaSnapshot | undefined, now: number, ttlMs: number): boolean {
  if (snapshot === undefined) return true;
  const { observedAt, windows } = snapshot;
  if (now - observedAt >= ttlMs || observedAt > now) return true;
  return windows.some((window) => !isCurrent(window, observedAt, now));
}

/** The windows and the usable share as every command prints them in JSON; unknown is absent. */
export const QuotaViewSchema = z.object({
  source: z.enum(['live', 'cache']),
  observedAt: z.iso.datetime(),
  /** Handed over by the official client, and not read from the provider. */
  origin: z.exactOptional(z.literal('official-client')),
  /** The smallest share left of all binding windows; 100 where no window binds. */
  usableNowPercent: z.exactOptional(z.number()),
  /**
   * `known`: every binding window was read within the last hour. `partly`: some binding window is not known. `old`:
   * they were read longer ago. `unknown`: no binding window is known.
   */
  certainty: z.enum(['known', 'partly', 'old', 'unknown']),
  /** Nothing limits the account. */
  unlimited: z.exactOptional(z.literal(true)),
  /** The credits on which the account would go on when its windows are used up. */
  credits: z.exactOptional(z.object({ balance: z.exactOptional(z.string()) })),
  windows: z.array(
    z.object({
      /** `5h`, `7d`, … by its length; `unknown` without one; `budget` for the person's own spending limit. */
      id: z.string(),
      durationSeconds: z.exactOptional(z.number()),
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

/** The view of a quota, without windows that have reset since: how full they are now is unknown. */
export function toQuotaView(quota: BindingQuota, source: QuotaSource, now: number): QuotaView {
  return definedOnly({
    source,
    observedAt: toIso(quota.observedAt),
    origin: quota.origin,
    usableNowPercent: quota.usableNowPercent,
    certainty: certaintyOf(quota, now),
    unlimited: quota.isUnlimited ? (true as const) : undefined,
    credits: quota.credits,
    windows: quota.windows.map(toWindowView),
  });
}

/** How far the numbers can be relied on. */
export function certaintyOf(quota: BindingQuota, now: number): QuotaView['certainty'] {
  if (quota.windows.length === 0 && !quota.isUnlimited) return 'unknown';
  if (quota.isIncomplete || quota.lapsed.length > 0) return 'partly';
  return now - quota.observedAt >= oldSnapshotMs ? 'old' : 'known';
}

function toWindowView(window: BindingWindow): QuotaView['windows'][number] {
  const { id, durationSeconds, usedPercent, remainingPercent, limitName } = window;
  const resetsAt = window.resetsAt === undefined ? undefined : toIso(window.resetsAt);
  return definedOnly({ id, durationSeconds, usedPercent, remainingPercent, resetsAt, limitName });
}
