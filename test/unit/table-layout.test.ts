import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderTable } from '../../src/cli/render/table.js';
import { type Column, isSameForAll } from '../../src/cli/render/table-layout.js';
import { createTheme } from '../../src/cli/render/theme.js';
import { plainStyle } from '../../src/cli/terminal/io.js';

interface Cell {
  readonly text: string;
  readonly shorter: readonly string[];
}

const at = (width: number) => createTheme({ ...plainStyle, isFitted: true, width }, 0);

const columns: readonly Column<string>[] = [
  {
    title: 'who',
    shortenOrder: [3],
    text: (name) => `${name} <${name}@example.com>`,
    shorter: [(name) => name],
  },
  { title: 'where', dropOrder: 2, text: () => 'Studio' },
  {
    title: 'until when',
    shortTitle: 'when',
    shortenOrder: [1, 4],
    text: () => 'tomorrow at noon',
    shorter: [() => 'tomorrow', () => '1d'],
  },
];

const drawn = (width: number) => renderTable(columns, ['ann', 'bob'], at(width)).split('\n').slice(0, 2);

describe('what gives way in a table that is too wide', () => {
  test.each([
    [47, ['WHO                    WHERE   UNTIL WHEN', 'ann <ann@example.com>  Studio  tomorrow at noon']],
    [40, ['WHO                    WHERE   WHEN', 'ann <ann@example.com>  Studio  tomorrow']],
    [32, ['WHO                    WHEN', 'ann <ann@example.com>  tomorrow']],
    [21, ['WHO  WHERE   WHEN', 'ann  Studio  tomorrow']],
    [13, ['WHO  WHEN', 'ann  tomorrow']],
    [9, ['WHO  WHEN', 'ann  1d']],
  ])('at %i columns', (width, lines) => expect(drawn(width)).toEqual(lines));

  test('a text is cut in its middle where its end tells it from another', () => {
    const textsOf = (...texts: string[]) =>
      renderTable([{ title: '', text: (text) => text }], texts, at(14))
        .trimEnd()
        .split('\n')
        .slice(1);
    expect(textsOf('someone@mail.first', 'someone@mail.other')).toEqual(['someone….first', 'someone….other']);
    expect(textsOf('someone@first.mail', 'another@first.mail')).toEqual(['someone@first…', 'another@first…']);
  });

  test('a column that says the same of everybody has nothing to tell', () => {
    const needless = columns.map((column) => ({ ...column, isNeedless: isSameForAll }));
    expect(renderTable(needless, ['ann', 'bob'], at(80))).toBe('WHO\nann <ann@example.com>\nbob <bob@example.com>\n');
  });

  test('no line is ever wider than the terminal, and no text is cut before everything else has given way', () => {
    const word = fc.string({ minLength: 1, maxLength: 30 });
    const cell = fc.record({ text: word, shorter: fc.array(word, { maxLength: 2 }) });
    const anyColumn = fc.record({
      title: fc.constantFrom('a', 'title'),
      order: fc.option(fc.nat(9)),
      shortenOrder: fc.array(fc.nat(9), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyColumn, { minLength: 1, maxLength: 5 }),
        fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 4 }),
        fc.integer({ min: 24, max: 120 }),
        (shapes, rows, width) => {
          const made = shapes.map(({ title, order, shortenOrder }, index) => ({
            ...{ title, shortenOrder: shortenOrder.sort() },
            text: (row: Cell[]) => row[index]?.text ?? '',
            shorter: [0, 1].map((level) => (row: Cell[]) => {
              const { text = '', shorter = [] } = row[index] ?? {};
              return shorter[Math.min(level, shorter.length - 1)] ?? text;
            }),
            ...(order === null ? {} : { dropOrder: order }),
          }));
          for (const line of renderTable(made, rows, at(width)).split('\n'))
            expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
