import { describe, expect, it, test } from 'vitest';
import { blockLines, hasBrokenBlock, withBlock, withoutBlock } from '../../../src/core/shell/marked-block.js';

const lines = ['one', 'two'];
const block = '# >>> codex-auth >>>\none\ntwo\n# <<< codex-auth <<<\n';
const madeFile = block.replace(' >>>\n', ' (made this file) >>>\n');
const endedLine = block.replace(' >>>\n', ' (ended the line above) >>>\n');

describe('a block put into a text', () => {
  test.each([
    ['at its end', 'a\nb\n', `a\nb\n${block}`],
    ['after a line without an end, which it ends', 'a', `a\n${endedLine}`],
    ['after lines of Windows', 'a\r\nb\r\n', `a\r\nb\r\n${block}`],
    ['into an empty file', '', block],
    ['into a file of its own', undefined, madeFile],
    ['where an older one stands', `a\n${block.replace('two', 'old')}b\n`, `a\n${block}b\n`],
    ['once, where it stood twice', `${block}a\n${block}b\n`, `${block}a\nb\n`],
    ['without forgetting what the older one did', `a\n${endedLine.replace('two', 'old')}`, `a\n${endedLine}`],
  ])('goes %s', (_, before, after) => {
    expect(withBlock(before, lines)).toBe(after);
    expect(withBlock(after, lines)).toBe(after);
  });

  test.each([['a\nb\n'], ['a'], ['a\r\n'], ['a\r\nb'], [''], [undefined], ['\n'], ['caf\u00e9\n']])(
    'comes out of %j without a trace',
    (before) => {
      expect(withoutBlock(withBlock(before, lines))).toBe(before);
    },
  );
});

describe('taken out of a text that was edited meanwhile', () => {
  test.each([
    ['lines above and below stay', `a\n${block}b\n`, 'a\nb\n'],
    ['a line below keeps its distance from the one that had no end', `a\n${endedLine}b\n`, 'a\nb\n'],
    ['a file that it made and others used stays', `${madeFile}b\n`, 'b\n'],
    ['a block whose lines were changed goes as well', `a\n${block.replace('two', 'three\nfour')}`, 'a\n'],
    ['an editor that turned every line end into one of Windows', `a\n${endedLine}`.replaceAll('\n', '\r\n'), 'a'],
    ['a file whose last line lost its end', `a\n${block}`.trimEnd(), 'a\n'],
    ['several blocks', `a\n${block}b\n${block}`, 'a\nb\n'],
    ['no block', 'a\n', 'a\n'],
  ])('%s', (_, text, rest) => {
    expect(withoutBlock(text)).toBe(rest);
  });
});

test.each([
  ['a whole block', `a\n${block}b\n`, false],
  ['no block', 'a\n', false],
  ['a beginning without an end', 'a\n# >>> codex-auth >>>\nb\n', true],
  ['an end without a beginning', 'a\n# <<< codex-auth <<<\nb\n', true],
  ['a beginning before a whole block', `# >>> codex-auth >>>\nb\n${block}`, true],
  ['the marks of another program', '# >>> conda initialize >>>\n# <<< conda initialize <<<\n', false],
])('%s is broken: %s', (_, text, isBroken) => {
  expect(hasBrokenBlock(text)).toBe(isBroken);
});

it('a beginning without an end takes nothing of the person with it', () => {
  const text = `# >>> codex-auth >>>\nmine\n${block}`;
  expect(withoutBlock(text)).toBe('# >>> codex-auth >>>\nmine\n');
});

it('shows its lines as a person reads them, in whatever encoding the file is', () => {
  const text = withBlock('caf\u00e9\r\n', ["cd '/home/jos\u00e9'"]);
  expect(Buffer.from(text, 'latin1').toString()).toContain("cd '/home/jos\u00e9'\n");
  expect(blockLines(text)).toEqual(['# >>> codex-auth >>>', "cd '/home/jos\u00e9'", '# <<< codex-auth <<<']);
  expect(blockLines('a\n')).toBeUndefined();
});
