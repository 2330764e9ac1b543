import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  amountOf,
  asInstant,
  looseAmount,
  looseFlag,
  looseInstant,
  looseList,
  looseNumber,
  looseObject,
  looseText,
  secondsInMs,
} from '../../../src/core/quota/loose-values.js';

describe('a number', () => {
  it.each<[unknown, number]>([
    [0, 0],
    [-1.5, -1.5],
    ['12', 12],
    [' 12.5 ', 12.5],
    ['+3', 3],
    ['-3', -3],
    ['1e3', 1000],
    ['1E-2', 0.01],
    ['1e+2', 100],
  ])('is %j', (value, expected) => {
    expect(looseNumber.parse(value)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    'NaN',
    '12 %',
    'x12',
    '.5',
    '5.',
    '0x10',
    '1e999',
    '1_000',
    true,
    [],
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('is not %j', (value) => {
    expect(looseNumber.parse(value)).toBeUndefined();
  });
});

describe('an amount of money', () => {
  it.each<[unknown, string]>([
    ['0.10', '0.10'],
    ['-5', '-5'],
    ['+5', '+5'],
    ['$12.34', '$12.34'],
    ['US$ 1,000.00', 'US$ 1,000.00'],
    ['12 €', '12 €'],
    [' 12 ', ' 12 '],
    [12, '12'],
    [1e9, '1000000000'],
    [-1e9, '-1000000000'],
  ])('is %j', (value, expected) => {
    expect(looseAmount.parse(value)).toBe(expected);
  });

  it.each([
    null,
    '',
    'much',
    '$',
    'abcd5',
    '5 euro',
    '5 5',
    'x'.repeat(3) + '1'.repeat(38),
    1e9 + 1,
    -1e9 - 1,
    Number.NaN,
    {},
  ])('is not %j', (value) => {
    expect(looseAmount.parse(value)).toBeUndefined();
  });

  it('is at most forty characters long', () => {
    expect(looseAmount.parse('1'.repeat(40))).toBe('1'.repeat(40));
    expect(looseAmount.parse('1'.repeat(41))).toBeUndefined();
  });
});

it.each<[unknown, string | undefined]>([
  ['a', 'a'],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), undefined],
  ['', undefined],
  [5, undefined],
  [null, undefined],
  [undefined, undefined],
])('the text of %j is %j', (value, expected) => {
  expect(looseText.parse(value)).toBe(expected);
});

it('flags, lists and objects are absent where something else is there', () => {
  expect([true, false, 'true', 1, null, undefined].map((value) => looseFlag.parse(value))).toEqual([
    ...[true, false],
    ...[undefined, undefined, undefined, undefined],
  ]);
  expect([[1, 'a'], {}, 'a', null].map((value) => looseList.parse(value))).toEqual([
    [1, 'a'],
    ...[undefined, undefined, undefined],
  ]);
  const object = looseObject({ a: z.optional(looseNumber) });
  expect([{ a: '1', b: 2 }, [], 'a', null].map((value) => object.parse(value))).toEqual([
    { a: 1 },
    ...[undefined, undefined, undefined],
  ]);
});

describe('a time', () => {
  const at = Date.UTC(2026, 11, 1);

  it.each<[unknown, number | undefined]>([
    [at / 1000, at],
    [String(at / 1000), at],
    [at, at],
    ['2026-12-01T00:00:00Z', at],
    [0, 0],
    ['soon', undefined],
    [-1, undefined],
    [1e300, undefined],
    [null, undefined],
    [{}, undefined],
    [new Date(at), undefined],
  ])('of %j is %j', (value, expected) => {
    expect(looseInstant.parse(value)).toBe(expected);
  });

  it('is in seconds until the year 5138, and in milliseconds from then on', () => {
    expect(secondsInMs(99_999_999_999)).toBe(99_999_999_999_000);
    expect(secondsInMs(100_000_000_000)).toBe(100_000_000_000);
  });

  it('is a whole number that has a date', () => {
    expect(asInstant(1.4)).toBe(1);
    expect(asInstant(253_402_300_799_999)).toBe(253_402_300_799_999);
    expect(asInstant(253_402_300_800_000)).toBeUndefined();
    expect(asInstant(Number.NaN)).toBeUndefined();
    expect(asInstant(undefined)).toBeUndefined();
  });
});

describe('an amount as a number', () => {
  it.each<[string | undefined, number | undefined]>([
    ['12.34', 12.34],
    ['$ 12.34', 12.34],
    ['-3', -3],
    ['+5', 5],
    ['1,000', 1000],
    ['1,000.50', 1000.5],
    ['1,234,567', 1_234_567],
    ['1.234.567', 1_234_567],
    ['1.000,50', 1000.5],
    ['0,00 €', 0],
    ['96,10', 96.1],
    ['0,004', 0.004],
    ['1.500', 1.5],
    ['12.34.5', undefined],
    [undefined, undefined],
  ])('of %j is %j', (text, expected) => {
    expect(amountOf(text)).toBe(expected);
  });
});
