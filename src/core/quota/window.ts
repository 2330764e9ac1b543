import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { latestInstantMs } from './loose-values.js';

/** One quota window as the server described it. It is a fact only until it resets: read it with {@link isCurrent}. */
export interface QuotaWindow {
  /** By duration, never by position: `5h`, `7d`, `30d`, `12h`, …, or {@link unknownLength}, or {@link budgetId}. */
  readonly id: string;
  /** Absent where the server did not tell the length. The window binds all the same. */
  readonly durationSeconds?: number;
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
    (durationSeconds === undefined || isWithin(durationSeconds, Number.MIN_VALUE, Number.MAX_VALUE)) &&
    isWithin(usedPercent, 0, 100) &&
    isWithin(remainingPercent, 0, 100) &&
    (resetsAt === undefined || isWithin(resetsAt, 0, latestInstantMs))
  );
}

export function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/** Ten years: nothing longer is a quota window. */
export const longestWindowSeconds = 10 * 366 * 86_400;

/** A greater share makes no sense; overdrawn windows do tell a little more than 100. */
const mostUsedPercent = 1_000;

/** The id of a window whose length the server did not tell. */
export const unknownLength = 'unknown';

/** The id of the person's own spending limit, which is read as a window. */
export const budgetId = 'budget';

/** A length that a window can have, in whole seconds; undefined, which is unknown, when it makes no sense. */
export function windowLength(seconds: number | undefined): number | undefined {
  const rounded = Math.round(seconds ?? Number.NaN);
  return rounded >= 1 && rounded <= longestWindowSeconds ? rounded : undefined;
}

/** A used share as 0..100; undefined when it makes no sense. */
export function usedShare(percent: number | undefined): number | undefined {
  if (percent === undefined || !(percent >= 0 && percent <= mostUsedPercent)) return undefined;
  return Math.min(100, percent);
}

/** A window from its parts; undefined without a share that makes sense. */
export function quotaWindow(parts: {
  id?: string;
  durationSeconds?: number | undefined;
  usedPercent: number | undefined;
  resetsAt?: number | undefined;
}): QuotaWindow | undefined {
  const durationSeconds = windowLength(parts.durationSeconds);
  const usedPercent = usedShare(parts.usedPercent);
  if (usedPercent === undefined) return undefined;
  return definedOnly({
    id: parts.id ?? (durationSeconds === undefined ? unknownLength : windowId(durationSeconds)),
    durationSeconds,
    usedPercent,
    remainingPercent: withoutFloatNoise(100 - usedPercent),
    resetsAt: parts.resetsAt,
  });
}

/** 18000 → `5h`, 604800 → `7d`, any other by its largest whole unit. */
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

/** Shortest first, an unknown length last. Of two with one id the more used one is kept, because that one binds. */
export function orderedWindows(windows: readonly QuotaWindow[]): QuotaWindow[] {
  const byId = new Map<string, QuotaWindow>();
  for (const window of windows) {
    const known = byId.get(window.id);
    if (known === undefined || window.usedPercent > known.usedPercent) byId.set(window.id, window);
  }
  return [...byId.values()].sort(byDuration);
}

export function byDuration(a: Length, b: Length): number {
  return lengthOf(a) - lengthOf(b);
}

type Length = Pick<QuotaWindow, 'durationSeconds'>;

/** The length in seconds. An unknown one is taken for the longest, because nothing shows that the window ends soon. */
export function lengthOf({ durationSeconds }: Length): number {
  return durationSeconds ?? longestWindowSeconds;
}

/** How long a fact counts that names neither its length nor its end. */
export const undatedMs = 3_600_000;

/**
 * Whether the window still says something at `now`. Past its reset it is unknown; one that names no reset must have
 * reset a full duration after it was seen.
 */
export function isCurrent(window: QuotaWindow, observedAt: number, now: number): boolean {
  if (isFromAhead(observedAt, now)) return false;
  return now < (window.resetsAt ?? observedAt + (window.durationSeconds ?? undatedMs / 1000) * 1000);
}

/** Resets are told in whole seconds, and answers take a moment. */
const resetSlackMs = 120_000;

/** Whether the snapshot is from the future: the clock has been set back since, so that all its times are off. */
export function isFromAhead(observedAt: number, now: number): boolean {
  return observedAt - now > resetSlackMs;
}

export function isSameReset(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Math.abs(a - b) <= resetSlackMs;
}

export function isExhausted(window: QuotaWindow): boolean {
  return window.remainingPercent <= 0;
}

function withoutFloatNoise(value: number): number {
  return Number(value.toPrecision(12));
}

/**
 * What a window is called in a sentence: `5h window`, `5h window of GPT-5.5-Codex-Spark`, `window of unknown length`.
 */
export function windowTitle({ id, limitName }: { readonly id: string; readonly limitName?: string }): string {
  const title = id === budgetId ? 'budget' : id === unknownLength ? 'window of unknown length' : `${id} window`;
  return limitName === undefined ? title : `${title} of ${limitName}`;
}

/** A share as every command writes it: whole, never rounded up, and never 0 while anything is left. */
export function percentText(percent: number): string {
  if (percent > 0 && percent < 1) return '<1%';
  return `${Math.floor(percent)}%`;
}
