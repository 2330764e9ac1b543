import { describe, expect, it } from 'vitest';
import type { Foretelling } from '../../../src/core/history/observation.js';
import { trackRecord } from '../../../src/core/history/track-record.js';
import { hourMs, minuteMs, now, seen } from './observations.js';

const reset = now - hourMs;

function foretold(chance: number, minutesBeforeReset = 200): Foretelling {
  return { at: reset - minutesBeforeReset * minuteMs, account: 'acc_a', window: '5h', resetsAt: reset, chance };
}

/** Observations so many minutes before the reset that is an hour ago. */
const before = (points: readonly (readonly [number, number])[]) =>
  seen(
    points.map(([minutes, used]) => [minutes + 60, used] as const),
    -1,
  );

const emptied = before([
  [100, 80],
  [50, 100],
]);
const lasted = before([
  [100, 40],
  [20, 70],
]);

describe('how earlier forecasts have done', () => {
  it('is a Brier score and a hit rate from three of them on', () => {
    const foretellings = [foretold(0.9), foretold(0.6, 150), foretold(0.2, 120)];
    const { judged, open, brier, hitRate } = trackRecord({ foretellings, observations: emptied }, now);
    expect({ judged, open }).toEqual({ judged: 3, open: 0 });
    expect(brier).toBeCloseTo((0.01 + 0.16 + 0.64) / 3);
    expect(hitRate).toBeCloseTo(2 / 3);
  });

  it('is unknown below three', () => {
    const foretellings = [foretold(0.9), foretold(0.6, 150)];
    expect(trackRecord({ foretellings, observations: emptied }, now)).toEqual({ judged: 2, open: 0 });
  });

  it.each([
    ['a window that was seen empty', emptied, 1, 0],
    ['one that was seen with something left shortly before its reset', lasted, 1, 0],
    ['not one that nobody looked at any more', before([[100, 40]]), 0, 1],
    ['nor one that was seen in its next period only', seen([[10, 100]]), 0, 1],
    ['nor one that was never seen', [], 0, 1],
  ])('counts %s', (_, observations, judged, open) => {
    expect(trackRecord({ foretellings: [foretold(0.9)], observations }, now)).toEqual({ judged, open });
  });

  it('does not count a window that may still become empty, but one that already is', () => {
    const at = (observations: typeof lasted) => trackRecord({ foretellings: [foretold(0.9)], observations }, reset - 1);
    expect(at(lasted)).toEqual({ judged: 0, open: 1 });
    expect(at(emptied)).toEqual({ judged: 1, open: 0 });
  });
});
