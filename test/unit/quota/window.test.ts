import { describe, expect, it } from 'vitest';
import {
  isCurrent,
  isExhausted,
  isSameReset,
  orderedWindows,
  percentText,
  quotaWindow,
  windowId,
  windowTitle,
} from '../../../src/core/quota/window.js';

describe('a window is called by its duration', () => {
  it.each([
    [18_000, '5h'],
    [604_800, '7d'],
    [2_592_000, '30d'],
    [43_200, '12h'],
    [86_400, '1d'],
    [1_800, '30m'],
    [18_001, '18001s'],
  ])('%d s is %s', (seconds, id) => {
    expect(windowId(seconds)).toBe(id);
  });
});

describe('quotaWindow', () => {
  it.each([
    [0, 0, 100],
    [12.3, 12.3, 87.7],
    [99.99, 99.99, 0.01],
    [100, 100, 0],
    [140, 100, 0],
  ])('clamps %d %% used to %d %% and leaves %d %%', (given, usedPercent, remainingPercent) => {
    const window = quotaWindow({ durationSeconds: 18_000, usedPercent: given });
    expect(window).toEqual({ id: '5h', durationSeconds: 18_000, usedPercent, remainingPercent });
  });

  it.each([
    ['no share', 18_000, undefined],
    ['a share that is no number', 18_000, Number.NaN],
    ['an endless share', 18_000, Number.POSITIVE_INFINITY],
    ['a negative share', 18_000, -3],
    ['a share beyond all sense', 18_000, 1e300],
  ])('is unknown with %s', (_, durationSeconds, usedPercent) => {
    expect(quotaWindow({ durationSeconds, usedPercent })).toBeUndefined();
  });
});

it.each([
  ['no duration', undefined],
  ['a zero duration', 0],
  ['a negative duration', -18_000],
  ['a duration that is no number', Number.NaN],
  ['a duration of a thousand years', 3.2e10],
])('a window with %s is one of unknown length', (_, durationSeconds) => {
  const window = quotaWindow({ durationSeconds, usedPercent: 40 });
  expect(window).toEqual({ id: 'unknown', usedPercent: 40, remainingPercent: 60 });
});

it.each([
  [0, '0%'],
  [0.4, '<1%'],
  [0.999, '<1%'],
  [1, '1%'],
  [69.9, '69%'],
  [100, '100%'],
])('writes %d %% as %s', (percent, text) => {
  expect(percentText(percent)).toBe(text);
});

it.each([
  [{ id: '5h' }, '5h window'],
  [{ id: '5h', limitName: 'Spark' }, '5h window of Spark'],
  [{ id: 'unknown' }, 'window of unknown length'],
  [{ id: 'budget' }, 'budget'],
])('calls %j %s', (window, title) => {
  expect(windowTitle(window)).toBe(title);
});

it.each([
  [undefined, undefined, true],
  [5, undefined, false],
  [undefined, 5, false],
  [1_000_000, 1_120_000, true],
  [1_120_000, 1_000_000, true],
  [1_000_000, 1_120_001, false],
])('resets at %s and %s are one: %s', (a, b, expected) => {
  expect(isSameReset(a, b)).toBe(expected);
});

it('a window is used up when nothing is left of it', () => {
  const window = { id: '5h', usedPercent: 100, remainingPercent: 0 };
  expect(isExhausted(window)).toBe(true);
  expect(isExhausted({ ...window, remainingPercent: 0.01 })).toBe(false);
});

it('a window can last ten years, or a second', () => {
  const lengthOf = (durationSeconds: number) => quotaWindow({ durationSeconds, usedPercent: 1 })?.durationSeconds;
  expect(lengthOf(3660 * 86_400)).toBe(3660 * 86_400);
  expect(lengthOf(3660 * 86_400 + 1)).toBeUndefined();
  expect(lengthOf(0.5)).toBe(1);
  expect(lengthOf(0.4)).toBeUndefined();
});

it('a share of ten times all is taken for all, and more is none', () => {
  expect(quotaWindow({ usedPercent: 1_000 })?.usedPercent).toBe(100);
  expect(quotaWindow({ usedPercent: 1_000.1 })).toBeUndefined();
});

it('a window without a length is longer than any other', () => {
  const windows = [{ usedPercent: 1 }, { durationSeconds: 604_800, usedPercent: 1 }].map(quotaWindow);
  const known = windows.filter((window) => window !== undefined);
  expect(orderedWindows(known).map(({ id }) => id)).toEqual(['7d', 'unknown']);
});

it('orders windows by duration and keeps the fuller of two alike', () => {
  const window = (durationSeconds: number, usedPercent: number) => quotaWindow({ durationSeconds, usedPercent }) ?? [];
  const windows = [window(604_800, 10), window(18_000, 5), window(18_000, 60), window(18_000, 30)].flat();
  expect(orderedWindows(windows).map(({ id, usedPercent }) => [id, usedPercent])).toEqual([
    ['5h', 60],
    ['7d', 10],
  ]);
});

describe('isCurrent', () => {
  const window = { id: '5h', durationSeconds: 18_000, usedPercent: 10, remainingPercent: 90 };

  it('ends exactly at the reset', () => {
    const withReset = { ...window, resetsAt: 5_000 };
    expect(isCurrent(withReset, 1_000, 4_999)).toBe(true);
    expect(isCurrent(withReset, 1_000, 5_000)).toBe(false);
  });

  it('ends an hour after it was seen when it names neither reset nor length', () => {
    const undated = { id: 'unknown', usedPercent: 10, remainingPercent: 90 };
    expect(isCurrent(undated, 1_000, 3_600_999)).toBe(true);
    expect(isCurrent(undated, 1_000, 3_601_000)).toBe(false);
  });

  it('ends a full duration after it was seen when no reset is named', () => {
    expect(isCurrent(window, 1_000, 18_000_999)).toBe(true);
    expect(isCurrent(window, 1_000, 18_001_000)).toBe(false);
  });

  it('is not said of what was seen by a clock that has gone back since', () => {
    const withReset = { ...window, resetsAt: 30_000_000 };
    expect(isCurrent(withReset, 21_000_000, 21_000_000 - 120_000)).toBe(true);
    expect(isCurrent(withReset, 21_000_000, 21_000_000 - 120_001)).toBe(false);
  });
});
