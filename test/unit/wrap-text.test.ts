import { describe, expect, test } from 'vitest';
import { wrapText } from '../../src/cli/terminal/wrap-text.js';

describe('a line that is wider than the terminal', () => {
  test.each([
    ['is broken between words', 'one two three four', 10, 'one two\n  three\n  four'],
    ['keeps its own indent, and adds to it', '  → one two three four', 14, '  → one two\n    three four'],
    ['keeps the blanks inside of it', 'a   b   c', 6, 'a   b\n  c'],
    [
      'keeps a word whole that is wider by itself',
      'see https://example.com/a-path now',
      12,
      'see\n  https://example.com/a-path\n  now',
    ],
    [
      'is measured without its colours',
      '\u001b[31merror:\u001b[39m one two',
      11,
      '\u001b[31merror:\u001b[39m one\n  two',
    ],
    ['is measured with letters that take two columns', '工作 工作 工作', 10, '工作 工作\n  工作'],
    [
      'is measured with an emoji of several parts as one sign',
      '👩🏽\u200d💻 👩🏽\u200d💻 a',
      7,
      '👩🏽\u200d💻 👩🏽\u200d💻 a',
    ],
    ['is not indented where there is hardly room', '    one two', 8, '    one\ntwo'],
  ])('%s', (_, text, width, wrapped) => {
    expect(wrapText(text, width)).toBe(wrapped);
  });
});

test('everything else stays as it is, byte by byte', () => {
  const text = 'short\n\n  one two three  \n\u001b[2mdim\u001b[22m\n';
  expect(wrapText(text, 40)).toBe(text);
  expect(wrapText('', 40)).toBe('');
});
