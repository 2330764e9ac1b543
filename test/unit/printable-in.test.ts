import { expect, test } from 'vitest';
import { printableIn, printableLines } from '../../src/core/printable.js';

const red = '\u001b[31m';

test('a value without anything hostile stays the very same, letters of all scripts and emoji included', () => {
  const value = { a: ['Büro', { b: '日本' }], c: new Map([['👩🏽\u200d💻', 1]]), d: undefined, e: null };
  expect(printableIn(value)).toBe(value);
});

test('every text in a value becomes printable, and what is shared or goes round stays so', () => {
  const shared = { name: `x${red}` };
  const round: { readonly list: unknown[]; self?: unknown } = { list: [shared, shared] };
  round.self = round.list;
  const made = printableIn({ ...round, map: new Map([[`k\n`, [`v\u202e`]]]) });
  expect(made).toEqual({
    list: [{ name: 'x?[31m' }, { name: 'x?[31m' }],
    self: made.list,
    map: new Map([['k?', ['v?']]]),
  });
  expect(made.list[0]).toBe(made.list[1]);
  expect(shared.name).toBe(`x${red}`);
});

test('a circle ends', () => {
  const circle: { text: string; next?: unknown } = { text: red };
  circle.next = circle;
  expect(printableIn(circle).text).toBe('?[31m');
});

test('objects of a class and records as a file has them stay as they are', () => {
  class Held {
    readonly text = red;
  }
  const value = { held: new Held(), raw: { text: red }, text: red };
  const made = printableIn(value);
  expect(made).toEqual({ held: value.held, raw: value.raw, text: '?[31m' });
  expect(made.raw).toBe(value.raw);
});

test.each([
  ['a style of a theme', `${red}a\u001b[39m\n`, `${red}a\u001b[39m\n`],
  ['a background, a blink, what is concealed', '\u001b[41ma\u001b[5mb\u001b[8mc', '?[41ma?[5mb?[8mc'],
  ['several styles in one', '\u001b[31;5ma', '?[31;5ma'],
  ['the clipboard, a title, the cursor', '\u001b]52;c;eA==\u0007\u009d0;t\u009c\u001b[2J', '?]52;c;eA==??0;t??[2J'],
])('of %s a line keeps what a theme makes', (_, text, shown) => {
  expect(printableLines(text, { styled: true })).toBe(shown);
  expect(printableLines(text)).not.toContain('\u001b');
});
