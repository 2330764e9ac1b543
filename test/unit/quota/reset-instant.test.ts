import { describe, expect, it } from 'vitest';
import { ourInstant, resetInstant } from '../../../src/core/quota/usage-windows.js';
import { observedAt } from './payloads.js';

const nowSeconds = observedAt / 1000;
const [hour, day] = [3_600, 86_400];

/** When a window of that length resets, in seconds from the answer. */
function resetsIn(named: number | undefined, counted: number | undefined, lengthSeconds?: number, clockAhead = 0) {
  const received = { observedAt, serverNow: observedAt + clockAhead * 1000 };
  const at = resetInstant(named === undefined ? undefined : nowSeconds + named, counted, received, lengthSeconds);
  return at === undefined ? undefined : at / 1000 - nowSeconds;
}

describe('a window of five hours resets', () => {
  it.each<[string, number | undefined, number | undefined, number | undefined]>([
    ['when it was counted from the answer', undefined, hour, hour],
    ['when it is named', hour, undefined, hour],
    ['when it is named, which stays the same, where both say the same', hour + 15, hour, hour + 15],
    ['or but for the seconds', hour - 15, hour, hour - 15],
    ['when it was counted, where they differ', hour + 16, hour, hour],
    ['at once', undefined, 0, 0],
    ['when it is named, where it cannot have been counted', hour, -1, hour],
    ['within twice its length and a day', undefined, 10 * hour + day, 10 * hour + day],
    ['never later', undefined, 10 * hour + day + 1, undefined],
    ['when it is named, where it was counted for later', hour, 10 * hour + day + 1, hour],
    ['within its length and a day before the answer', -5 * hour - day + 1, undefined, -5 * hour - day + 1],
    ['never earlier', -5 * hour - day, undefined, undefined],
    ['when nobody knows', undefined, undefined, undefined],
  ])('%s', (_, named, counted, expected) => {
    expect(resetsIn(named, counted, 5 * hour)).toBe(expected);
  });
});

it('a window without a length may reset within some years', () => {
  expect(resetsIn(undefined, 15 * 366 * day)).toBe(15 * 366 * day);
  expect(resetsIn(undefined, 21 * 366 * day)).toBeUndefined();
});

describe('where the clock of the server', () => {
  it.each([
    ['is a minute ahead, what it names is that much sooner', 60, hour - 60],
    ['is a minute behind, what it names is that much later', -60, hour + 60],
    ['is off by less, what it names is taken as it is', 59, hour],
    ['is behind by less, it is too', -59, hour],
  ])('%s', (_, clockAhead, expected) => {
    expect(resetsIn(hour, undefined, 5 * hour, clockAhead)).toBe(expected);
    expect(ourInstant(observedAt + hour * 1000, { observedAt, serverNow: observedAt + clockAhead * 1000 })).toBe(
      observedAt + expected * 1000,
    );
  });
});

it('a time that the server named a day ago at most is one', () => {
  expect(ourInstant(observedAt - day * 1000, { observedAt })).toBe(observedAt - day * 1000);
  expect(ourInstant(observedAt - day * 1000 - 1, { observedAt })).toBeUndefined();
  expect(ourInstant(undefined, { observedAt })).toBeUndefined();
  expect(ourInstant(1e300, { observedAt })).toBeUndefined();
});
