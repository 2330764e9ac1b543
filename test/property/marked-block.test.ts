import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withBlock, withoutBlock } from '../../src/core/shell/marked-block.js';

const blockText = fc.array(
  fc.stringMatching(/^[ -~]{0,20}$/).filter((line) => !line.startsWith('# ')),
  { maxLength: 4 },
);

/** Bytes of a file, one character each, with line ends of every kind and none. */
const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array).toString('latin1'));
const lineEnds = fc.constantFrom('\n', '\r\n', '\r', '', '# >>> other >>>\n');
const fileText = fc.array(fc.oneof(lineEnds, bytes), { maxLength: 12 }).map((parts) => parts.join(''));

test('whatever a file held, it holds again when the block is out', () => {
  fc.assert(
    fc.property(fc.option(fileText, { nil: undefined }), blockText, (text, lines) => {
      expect(withoutBlock(withBlock(text, lines))).toBe(text);
    }),
  );
});

test('a block put in twice is there once, and of the newer kind', () => {
  fc.assert(
    fc.property(fileText, blockText, blockText, (text, older, newer) => {
      const once = withBlock(text, newer);
      expect(withBlock(once, newer)).toBe(once);
      expect(withBlock(withBlock(text, older), newer)).toBe(once);
    }),
  );
});

test('what is written below the block stays, with all that was above it', () => {
  fc.assert(
    fc.property(fileText, blockText, fc.stringMatching(/^[a-z ]{1,10}$/), (text, lines, below) => {
      const rest = withoutBlock(`${withBlock(text, lines)}${below}\n`);
      const isEnded = text === '' || text.endsWith('\n');
      expect(rest).toBe(`${text}${isEnded ? '' : '\n'}${below}\n`);
    }),
  );
});
