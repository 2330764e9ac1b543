import { describe, expect, it } from 'vitest';
import { chanceOfEmpty, currentPace, emptyAt, workingPace } from '../../../src/core/history/pace.js';
import { hourMs, minuteMs, now, seen } from './observations.js';

const fiveHours = { lengthMs: 5 * hourMs, resetsAt: now + 4 * hourMs };

describe('the pace of a window', () => {
  it('is what it lost in the last fifth of its length, give or take a per cent', () => {
    const pace = currentPace(
      seen([
        [180, 2],
        [60, 10],
        [30, 16],
        [0, 22],
      ]),
      fiveHours,
      now,
    );
    expect(pace).toEqual({ perHour: 12, low: 11, high: 13 });
  });

  it('goes back to the last three observations where those are older', () => {
    expect(
      currentPace(
        seen([
          [120, 10],
          [90, 16],
          [0, 22],
        ]),
        fiveHours,
        now,
      )?.perHour,
    ).toBe(6);
  });

  it('is none while nothing is used', () => {
    expect(
      currentPace(
        seen([
          [60, 5],
          [30, 5],
          [0, 5],
        ]),
        fiveHours,
        now,
      ),
    ).toEqual({ perHour: 0, low: 0, high: 1 });
  });

  it.each([
    [
      'with two observations',
      seen([
        [30, 5],
        [0, 9],
      ]),
    ],
    ['with none', []],
    [
      'within four minutes',
      seen([
        [4, 5],
        [2, 6],
        [0, 7],
      ]),
    ],
    [
      'when the last is over an hour old',
      seen([
        [180, 1],
        [120, 5],
        [70, 9],
      ]),
    ],
    [
      'from before its reset',
      seen(
        [
          [60, 80],
          [40, 90],
          [20, 95],
        ],
        0,
      ),
    ],
    [
      'with two since it was emptied out of turn',
      seen([
        [60, 80],
        [40, 90],
        [20, 2],
        [0, 4],
      ]),
    ],
  ])('is unknown %s', (_, observations) => {
    expect(currentPace(observations, fiveHours, now)).toBeUndefined();
  });

  it('says when the window would be empty', () => {
    expect(emptyAt(50, 20, now)).toBe(now + 2.5 * hourMs);
    expect(emptyAt(50, 0, now)).toBeUndefined();
    expect(emptyAt(0, 0, now)).toBeUndefined();
    expect(emptyAt(50, 0.001, now)).toBeUndefined();
  });
});

describe('the chance that a window is empty before it resets', () => {
  const pace = { perHour: 10, low: 8, high: 12 };

  it.each([
    ['surely not', 90, 0.05],
    ['even', 40, 0.5],
    ['surely', 10, 0.95],
  ])('%s with %i %% left for four hours', (_, left, chance) => {
    expect(chanceOfEmpty(left, pace, 4)).toBeCloseTo(chance);
  });

  it('never falls when less is left', () => {
    const chances = Array.from({ length: 101 }, (_, left) => chanceOfEmpty(left, pace, 4));
    expect(chances).toEqual(chances.toSorted((a, b) => b - a));
  });
});

describe('the pace of work', () => {
  it('leaves out the time in which nothing was used', () => {
    const observations = seen([
      [600, 0],
      [300, 0],
      [270, 10],
      [240, 20],
      [210, 20],
      [0, 20],
    ]);
    expect(workingPace(observations)).toEqual({ perHour: 20, low: 19, high: 21 });
  });

  it('comes from several windows, without the slowest and the fastest fifth', () => {
    const rates = [1, 10, 12, 14, 16, 60];
    const observations = rates.flatMap((rate, day) =>
      [0, 30, 60].map((minutes) => ({
        at: now - (10 - day) * 24 * hourMs + minutes * minuteMs,
        account: 'acc_a',
        window: '5h',
        usedPercent: (rate * minutes) / 60,
        resetsAt: now - (10 - day) * 24 * hourMs + 5 * hourMs,
      })),
    );
    expect(workingPace(observations)).toEqual({ perHour: 14, low: 9, high: 17 });
  });

  it.each([
    [
      'with two observations',
      seen([
        [30, 5],
        [0, 9],
      ]),
    ],
    [
      'of an account that was never in use',
      seen([
        [60, 5],
        [30, 5],
        [0, 5],
      ]),
    ],
    [
      'that was never watched at work',
      seen([
        [300, 5],
        [200, 50],
        [100, 90],
      ]),
    ],
  ])('is unknown %s', (_, observations) => {
    expect(workingPace(observations)).toBeUndefined();
  });
});
