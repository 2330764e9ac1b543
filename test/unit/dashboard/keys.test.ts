import type { Key as InkKey } from 'ink';
import { describe, expect, test } from 'vitest';
import { bindings, bindingsOf, typedKeys } from '../../../src/cli/dashboard/keys.js';
import type { View } from '../../../src/cli/dashboard/model.js';
import { cutLine, wrapLine } from '../../../src/cli/terminal/wrap-text.js';

const views: readonly View[] = ['list', 'details', 'flagged', 'help', 'output'];

test.each(views)('every key means one thing in the view %s, and one of them leads back', (view) => {
  const keys = bindingsOf(view).flatMap(({ keys: own }) => own);
  expect(keys.filter((key, place) => keys.indexOf(key) !== place)).toEqual([]);
  expect(bindingsOf(view).find(({ intent }) => intent === 'back')?.keys).toEqual(
    expect.arrayContaining(['q', 'escape']),
  );
});

test('whatever changes something is explained by the help', () => {
  const silent = bindings.filter(({ help }) => help === undefined).map(({ intent }) => intent);
  expect(new Set(silent)).toEqual(new Set(['page-up', 'page-down', 'last', 'back', 'interrupt']));
});

describe('what is typed', () => {
  const noKey = { ctrl: false, meta: false } as InkKey;

  test.each<[string, Partial<InkKey>, string[]]>([
    ['jj', {}, ['j', 'j']],
    ['/work\r', {}, ['/', 'w', 'o', 'r', 'k', 'enter']],
    ['a b\u007f', {}, ['a', 'space', 'b', 'backspace']],
    ['\u0003\t', {}, ['ctrl-c', 'tab']],
    ['名', {}, ['名']],
    ['', { upArrow: true }, ['up']],
    ['', { escape: true, meta: true }, ['escape']],
    ['', { delete: true }, ['backspace']],
    ['z', { ctrl: true }, ['ctrl-z']],
    ['x', { meta: true }, []],
  ])('%j with %j is %j', (input, key, keys) => {
    expect(typedKeys(input, { ...noKey, ...key })).toEqual(keys);
  });
});

describe('a line', () => {
  test.each<[string, number, number, string[]]>([
    ['one two three', 7, 0, ['one two', 'three']],
    ['one two three', 9, 2, ['one two ', '  three']],
    ['/a/long/path', 5, 0, ['/a/lo', 'ng/pa', 'th']],
    ['  indented', 20, 0, ['  indented']],
    ['', 5, 0, ['']],
    ['名前名前', 4, 0, ['名前', '名前']],
    ['\u001b[2mone two\u001b[22m', 4, 0, ['\u001b[2mone ', '\u001b[2mtwo\u001b[22m']],
  ])('%j is broken at %i', (line, width, indent, lines) => {
    expect(wrapLine(line, width, { indent })).toEqual(lines);
  });

  test('that is too long is cut', () => {
    expect(cutLine('one two', 7, '…')).toBe('one two');
    expect(cutLine('onetwothree', 7, '…')).toBe('onetwo…');
  });
});
