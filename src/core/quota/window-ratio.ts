import { isJsonObject } from '../json-object.js';
import type { QuotaSnapshot } from './usage.js';
import { isSameReset, isWithin, type QuotaWindow } from './window.js';

/**
 * What the same work has taken from the shortest and from the longest window of an account, in per cent of each. The
 * provider does not tell how many short windows the long one holds, and it differs from plan to plan; these show it.
 */
export interface WindowRatio {
  /** The ids of the two windows. For another pair the count begins anew. */
  readonly short: string;
  readonly long: string;
  readonly shortPercent: number;
  readonly longPercent: number;
}

/** How many windows of five hours a week is taken to hold, as long as nothing has been seen. */
export const usualCount = 10;

/** The usual count weighs like this much of the long window, so that the first whole per cent does not decide alone. */
const usualPercent = 1;

/** Above this share of the long window all that was seen is halved, because a plan may change. */
const enoughPercent = 60;

/** How many of the short windows the long one holds: as it was seen, and at least one. */
export function countIn({ shortPercent, longPercent }: WindowRatio): number {
  return Math.max(1, (shortPercent + usualCount * usualPercent) / (longPercent + usualPercent));
}

/** The ratio after another answer. Only what was used between two answers without a reset of either window counts. */
export function ratioAfter(
  known: WindowRatio | undefined,
  before: QuotaSnapshot | undefined,
  after: QuotaSnapshot | undefined,
): WindowRatio | undefined {
  const [old, fresh] = [pairOf(before), pairOf(after)];
  if (old === undefined || fresh === undefined || !isSamePair(old, fresh)) return known;
  const used = { short: usedBetween(old.short, fresh.short), long: usedBetween(old.long, fresh.long) };
  if (used.short === undefined || used.long === undefined || used.short + used.long === 0) return known;
  const [short, long] = [fresh.short.id, fresh.long.id];
  const earlier = known?.short === short && known.long === long ? known : { shortPercent: 0, longPercent: 0 };
  const longPercent = earlier.longPercent + used.long;
  const weight = longPercent > enoughPercent ? 0.5 : 1;
  return {
    ...{ short, long },
    shortPercent: (earlier.shortPercent + used.short) * weight,
    longPercent: longPercent * weight,
  };
}

interface Pair {
  readonly short: QuotaWindow;
  readonly long: QuotaWindow;
}

/** The shortest and the longest window: they are stored shortest first. */
function pairOf(snapshot: QuotaSnapshot | undefined): Pair | undefined {
  const [short, long] = [snapshot?.windows[0], snapshot?.windows.at(-1)];
  return short === undefined || long === undefined || short === long ? undefined : { short, long };
}

function isSamePair(a: Pair, b: Pair): boolean {
  return a.short.id === b.short.id && a.long.id === b.long.id;
}

/** What was used between two answers; undefined after a reset. An unused window names another reset in each answer. */
function usedBetween(before: QuotaWindow, after: QuotaWindow): number | undefined {
  const used = after.usedPercent - before.usedPercent;
  return used >= 0 && (before.usedPercent === 0 || isSameReset(before.resetsAt, after.resetsAt)) ? used : undefined;
}

/** Whether a stored value is a ratio. */
export function isWindowRatio(value: unknown): value is WindowRatio {
  return (
    isJsonObject(value) &&
    typeof value['short'] === 'string' &&
    typeof value['long'] === 'string' &&
    isWithin(value['shortPercent'], 0, Number.MAX_SAFE_INTEGER) &&
    isWithin(value['longPercent'], 0, Number.MAX_SAFE_INTEGER)
  );
}
