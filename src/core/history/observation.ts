import { isJsonObject, type JsonObject } from '../json-object.js';
import { latestInstantMs } from '../quota/loose-values.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { budgetWindow } from '../quota/usage-windows.js';
import { isWithin } from '../quota/window.js';

/** What the provider once said about one window of the ordinary limit. Times are milliseconds since the epoch. */
export interface Observation {
  readonly at: number;
  readonly account: string;
  /** `5h`, `7d`, … */
  readonly window: string;
  /** 0..100. */
  readonly usedPercent: number;
  readonly resetsAt?: number;
}

/** A forecast that was made about a window: how likely it is that it will be empty before it resets. */
export interface Foretelling {
  readonly at: number;
  readonly account: string;
  readonly window: string;
  readonly resetsAt: number;
  /** 0..1. */
  readonly chance: number;
}

/** Oldest first. */
export interface QuotaHistory {
  readonly observations: readonly Observation[];
  readonly foretellings: readonly Foretelling[];
}

export type HistoryEntry = Observation | Foretelling;

/** One for each window of the ordinary limit, and one for the budget. Limits of models are seen too seldom to help. */
export function observationsOf(
  account: string,
  { observedAt: at, windows, spendControl }: QuotaSnapshot,
): Observation[] {
  const budget = spendControl && budgetWindow(spendControl);
  return [...windows, ...(budget === undefined ? [] : [budget])].map(({ id: window, usedPercent, resetsAt }) =>
    resetsAt === undefined ? { at, account, window, usedPercent } : { at, account, window, usedPercent, resetsAt },
  );
}

export function isObservation(value: unknown): value is Observation {
  return (
    isEntry(value) &&
    isWithin(value['usedPercent'], 0, 100) &&
    (value['resetsAt'] === undefined || isInstant(value['resetsAt']))
  );
}

export function isForetelling(value: unknown): value is Foretelling {
  return isEntry(value) && isWithin(value['chance'], 0, 1) && isInstant(value['resetsAt']);
}

function isEntry(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) &&
    isInstant(value['at']) &&
    typeof value['account'] === 'string' &&
    typeof value['window'] === 'string'
  );
}

function isInstant(value: unknown): boolean {
  return isWithin(value, 0, latestInstantMs);
}
