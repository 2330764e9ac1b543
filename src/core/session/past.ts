import { existsSync, rmSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import { orInstead } from '../errors.js';
import type { AccountEvent } from '../events/event.js';
import { readEvents } from '../events/event-log.js';
import { withStoreLock } from '../health/state-store.js';
import type { Observation } from '../history/observation.js';
import { readHistory, whyNoHistory } from '../history/quota-history.js';
import { byWindow, type Outcome, outcomesOf, type TrackRecord, trackRecord } from '../history/track-record.js';
import { type LineageRecord, readLineage } from '../lineage/lineage-log.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { isSameReset } from '../quota/window.js';
import { writeError } from '../storage/file-errors.js';
import type { Session } from './session.js';

/** Something that happened; times are milliseconds since the epoch. */
export type Happening = { readonly at: number } & (
  | { readonly kind: 'event'; readonly event: AccountEvent }
  | { readonly kind: 'login'; readonly record: LineageRecord }
  | { readonly kind: 'forecast'; readonly outcome: Outcome }
);

/** What was left of one window in the course of the time. */
export interface WindowCourse {
  readonly accountId: string;
  readonly window: string;
  /** What was left in per cent, for each of the equal parts of the time; undefined where that is unknown. */
  readonly course: readonly (number | undefined)[];
  readonly seen: readonly { readonly at: number; readonly leftPercent: number }[];
}

export interface Past extends Span {
  /** The oldest first. */
  readonly happenings: readonly Happening[];
  readonly windows: readonly WindowCourse[];
  readonly score: TrackRecord;
  /** All accounts by id, to name those that something happened to. */
  readonly accounts: ReadonlyMap<string, Account>;
}

/** How many parts the course of a window has. */
const parts = 28;

/**
 * What happened in the last `sinceMs` milliseconds: what the guard told, what became of logins, how quota was used and
 * how forecasts turned out. Reads files only. A file that cannot be read is left out, with a warning.
 */
export function readPast(session: Session, sinceMs: number): Past {
  const { root, clock } = session;
  const to = clock.now();
  const from = to - sinceMs;
  const problem = whyNoHistory(root);
  if (problem !== undefined) session.warn(problem);
  const history = readHistory(root);
  const isWithin = ({ at }: { readonly at: number }) => at >= from && at <= to;
  const happenings = [
    ...orLeftOut(session, () => readEvents(root)).map((event) => ({
      kind: 'event' as const,
      at: Date.parse(event.at),
      event,
    })),
    ...orLeftOut(session, () => readLineage(root).records).map((record) => ({
      kind: 'login' as const,
      at: record.at,
      record,
    })),
    ...outcomesOf(history, to).map((outcome) => ({ kind: 'forecast' as const, at: outcome.foretelling.at, outcome })),
  ];
  const windows = [...byWindow(history.observations).values()].flatMap((all) => {
    const [first] = all;
    const seen = all.filter(isWithin).map(({ at, usedPercent }) => ({ at, leftPercent: 100 - usedPercent }));
    if (first === undefined || seen.length === 0) return [];
    return [{ accountId: first.account, window: first.window, course: courseOf(all, { from, to }, parts), seen }];
  });
  return {
    from,
    to,
    happenings: happenings.filter(isWithin).sort((a, b) => a.at - b.at),
    windows,
    score: trackRecord(history, to),
    accounts: new Map(recordsOf(readAllScopes(session.root.paths)).map((account) => [account.id, account])),
  };
}

function orLeftOut<T>(session: Session, read: () => readonly T[]): readonly T[] {
  return orInstead(read, ({ message }) => {
    session.warn(`${message}; what it holds is left out`);
    return [];
  });
}

/**
 * Removes the quota history and the events. The log of logins stays, because it knows which tokens are spent. Returns
 * the removed files. Throws `storage-write-failed` when one cannot be removed.
 */
export async function forgetPast({ root, signal }: Session): Promise<string[]> {
  return withStoreLock(root, signal, () => {
    const present = [root.paths.quotaHistory, root.paths.events].filter((path) => existsSync(path));
    for (const path of present) removeFile(path);
    return present;
  });
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The time that a course covers, in milliseconds since the epoch. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What was left of a window in each of the equal parts of a time, in per cent: by the last observation in the part, or,
 * in a part between two observations before the same reset, by the first of the two. Undefined where that is unknown.
 * The observations are those of one window of one account, oldest first.
 */
export function courseOf(
  seen: readonly Observation[],
  { from, to }: Span,
  parts: number,
): readonly (number | undefined)[] {
  const length = (to - from) / parts;
  return Array.from({ length: parts }, (_, part) => {
    const begin = from + part * length;
    // What was seen at the very end belongs to the last part.
    const end = part === parts - 1 ? to + 1 : begin + length;
    const last = seen.findLast(({ at }) => at < end);
    if (last === undefined) return undefined;
    const next = seen.find(({ at }) => at >= end);
    const isBetween = next !== undefined && isSameReset(last.resetsAt, next.resetsAt);
    return last.at >= begin || isBetween ? 100 - last.usedPercent : undefined;
  });
}
