import type { Observation } from '../../../src/core/history/observation.js';

export const now = Date.UTC(2026, 10, 21, 12);
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** `[minutes before now, used per cent]` of a window that resets in so many hours. */
export function seen(points: readonly (readonly [number, number])[], resetsInHours = 4): Observation[] {
  return points.map(([minutesAgo, usedPercent]) => ({
    at: now - minutesAgo * minuteMs,
    account: 'acc_a',
    window: '5h',
    usedPercent,
    resetsAt: now + resetsInHours * hourMs,
  }));
}
