import { isSameReset } from '../quota/window.js';
import type { Observation } from './observation.js';

/** The time that a course covers, in milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What was left of a window in each of so many equal parts of a time, in per cent: what was last seen in it, or between
 * two looks before one reset what the first of them saw. Undefined where nobody knows. The observations are those of one
 * window of one account, oldest first.
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
