import { expect, it } from 'vitest';
import { courseOf } from '../../../src/core/session/past.js';

const hourMs = 3_600_000;
const seen = (hour: number, usedPercent: number, resetHour: number) => ({
  ...{ account: 'a', window: '5h', usedPercent },
  at: hour * hourMs,
  resetsAt: resetHour * hourMs,
});
const span = { from: 0, to: 6 * hourMs };

it('shows the last look in each part, and between two looks before one reset what the first of them saw', () => {
  expect(courseOf([seen(0.1, 10, 5), seen(0.9, 20, 5), seen(3.5, 60, 5)], span, 6)).toEqual([
    80,
    80,
    80,
    40,
    undefined,
    undefined,
  ]);
});

it('knows nothing between two looks with a reset between them, nor before the first and after the last', () => {
  expect(courseOf([seen(1.5, 90, 2), seen(4.5, 5, 7)], span, 6)).toEqual([
    undefined,
    10,
    undefined,
    undefined,
    95,
    undefined,
  ]);
});

it('takes a look at the very end for the last part', () => {
  expect(courseOf([seen(6, 30, 7)], span, 3)).toEqual([undefined, undefined, 70]);
  expect(courseOf([], span, 2)).toEqual([undefined, undefined]);
});
