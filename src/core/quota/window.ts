import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { latestInstantMs } from './loose-values.js';

export const instantMs = z.number().check(z.minimum(0), z.maximum(latestInstantMs));

/** One quota window as the server described it. It is a fact only until it resets: read it with {@link isCurrent}. */
export interface QuotaWindow {
  /** By duration, never by position: `5h`, `7d`, `30d`, `12h`, … */
  readonly id: string;
  readonly durationSeconds: number;
  /** 0..100. */
  readonly usedPercent: number;
  /** 0..100. */
  readonly remainingPercent: number;
  /** Milliseconds since the epoch; absent when the server did not say. */
  readonly resetsAt?: number;
}

/** Whether a stored value is a window. */
export function isQuotaWindow(value: unknown): value is QuotaWindow {
  if (!isJsonObject(value)) return false;
  const { id, durationSeconds, usedPercent, remainingPercent, resetsAt } = value;
  return (
    typeof id === 'string' &&
    isWithin(durationSeconds, Number.MIN_VALUE, Number.MAX_VALUE) &&
    isWithin(usedPercent, 0, 100) &&
    isWithin(remainingPercent, 0, 100) &&
    (resetsAt === undefined || isWithin(resetsAt, 0, latestInstantMs))
  );
}

export function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/** Ten years: nothing longer is a quota window. */
const longestWindowSeconds = 10 * 366 * 86_400;

/** A window from its parts, percentages clamped to 0..100; undefined when a part makes no sense (P15: then it is unknown). */
export function quotaWindow(parts: {
  durationSeconds: number | undefined;
  usedPercent: number | undefined;
  resetsAt?: number | undefined;
}): QuotaWindow | undefined {
  const durationSeconds = Math.round(parts.durationSeconds ?? Number.NaN);
  if (!(durationSeconds >= 1 && durationSeconds <= longestWindowSeconds)) return undefined;
  if (parts.usedPercent === undefined || !Number.isFinite(parts.usedPercent)) return undefined;
  const usedPercent = Math.min(100, Math.max(0, parts.usedPercent));
  return definedOnly({
    id: windowId(durationSeconds),
    durationSeconds,
    usedPercent,
    remainingPercent: withoutFloatNoise(100 - usedPercent),
    resetsAt: parts.resetsAt,
  });
}

/** 18000 → `5h`, 604800 → `7d`, any other by its largest whole unit (DESIGN §9). */
export function windowId(durationSeconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const;
  for (const [letter, seconds] of units) {
    if (durationSeconds % seconds === 0) return `${durationSeconds / seconds}${letter}`;
  }
  return `${durationSeconds}s`;
}

/** Shortest first; of two with one duration the fuller, because that is the one that binds. */
export function orderedWindows(windows: readonly QuotaWindow[]): QuotaWindow[] {
  const byDuration = new Map<number, QuotaWindow>();
  for (const window of windows) {
    const known = byDuration.get(window.durationSeconds);
    if (known === undefined || window.usedPercent > known.usedPercent) byDuration.set(window.durationSeconds, window);
  }
  return [...byDuration.values()].sort((a, b) => a.durationSeconds - b.durationSeconds);
}

/**
 * Whether the window still says something at `now`. Past its reset it is unknown (P15); one that names no reset must
 * have reset a full duration after it was seen.
 */
export function isCurrent(window: QuotaWindow, observedAt: number, now: number): boolean {
  return now < (window.resetsAt ?? observedAt + window.durationSeconds * 1000);
}

export function isExhausted(window: QuotaWindow): boolean {
  return window.remainingPercent <= 0;
}

function withoutFloatNoise(value: number): number {
  return Number(value.toPrecision(12));
}
