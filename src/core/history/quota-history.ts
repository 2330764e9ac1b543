import { accessSync, constants, existsSync } from 'node:fs';
import { jsonIn } from '../json-text.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { readVersion } from '../storage/atomic-file.js';
import { appendLines } from '../storage/bounded-lines.js';
import { describe } from '../storage/file-errors.js';
import { whyNoFile } from '../storage/regular-file.js';
import type { Root } from '../storage/root.js';
import { type HistoryEntry, isForetelling, isObservation, observationsOf, type QuotaHistory } from './observation.js';

/** About 8,000 lines: months of one account, or a day of a hundred accounts. */
export const maxHistoryBytes = 1024 * 1024;

/** Five weeks, so that the longest usual window was seen from one reset to the next. */
export const maxHistoryAgeMs = 35 * 86_400_000;

type KnownQuota = Readonly<Record<string, { readonly quota?: QuotaSnapshot | undefined }>>;

/**
 * Adds what the provider has said to the history, where the new account state holds newer numbers than the one before.
 * Call it while holding the `store` lock. Where it cannot be written that is ignored: only forecasts depend on it.
 */
export function noteObservations(root: Root, before: KnownQuota, after: KnownQuota): void {
  const entries = Object.entries(after).flatMap(([id, { quota }]) => {
    const known = before[id]?.quota;
    const isNews = quota !== undefined && quota !== known && quota.observedAt !== known?.observedAt;
    return isNews ? observationsOf(id, quota) : [];
  });
  appendHistory(root, entries);
}

/**
 * Adds lines to the history, which keeps its newest half when it is full. The conditions of {@link noteObservations}.
 */
export function appendHistory(root: Root, entries: readonly HistoryEntry[]): void {
  if (entries.length === 0) return;
  const { paths, clock, processes } = root;
  const oldest = clock.now() - maxHistoryAgeMs;
  const added = entries.map((entry) => JSON.stringify(entry));
  try {
    const isOutdated = (line: string) => isOlder(line, oldest);
    appendLines(paths.quotaHistory, added, { maxBytes: maxHistoryBytes, processes, isOutdated });
  } catch {
    // Knowledge about the past is no reason to lose what is known now.
  }
}

/** Why nothing is added to the history; undefined where nothing is in the way. Looking writes nothing. */
export function whyNoHistory({ paths }: Pick<Root, 'paths'>): string | undefined {
  const { quotaHistory } = paths;
  const problem = whyNoFile(quotaHistory)?.message ?? whyClosed(quotaHistory);
  return problem && `cannot write ${quotaHistory}: ${problem}; how quota was used is not noted`;
}

function whyClosed(path: string): string | undefined {
  try {
    if (existsSync(path)) accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/** The history of the last weeks; empty where it cannot be read, so that every pace is shown as unknown. */
export function readHistory({ paths, clock }: Pick<Root, 'paths' | 'clock'>): QuotaHistory {
  const now = clock.now();
  const entries = linesOf(paths.quotaHistory).map((line) => jsonIn(line));
  // An entry from the future was written by a clock that was wrong.
  const isRecent = ({ at }: HistoryEntry) => at >= now - maxHistoryAgeMs && at <= now;
  return {
    observations: entries.filter(isObservation).filter(isRecent).sort(byTime),
    foretellings: entries.filter(isForetelling).filter(isRecent).sort(byTime),
  };
}

function linesOf(path: string): string[] {
  try {
    const version = readVersion(path);
    return version.kind === 'absent' ? [] : version.content.split('\n');
  } catch {
    // It cannot be read, and counts as empty: see `readHistory`.
    return [];
  }
}

function byTime(a: HistoryEntry, b: HistoryEntry): number {
  return a.at - b.at;
}

/** Whether a line may go. A line that is no entry of the history counts as old. */
function isOlder(line: string, oldest: number): boolean {
  const entry = jsonIn(line);
  return !(isObservation(entry) || isForetelling(entry)) || entry.at < oldest;
}
