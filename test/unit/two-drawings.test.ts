import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderLightTable } from '../../src/cli/render/light-table.js';
import { renderTable } from '../../src/cli/render/table.js';
import type { Column } from '../../src/cli/render/table-layout.js';
import { createTheme, type Theme } from '../../src/cli/render/theme.js';
import { plainStyle } from '../../src/cli/terminal/io.js';

const themeOf = (width: number, hasColor: boolean) =>
  createTheme({ ...plainStyle, isFitted: width > 0, hasColor, width }, 0);

/** Texts for which an older and a newer measure agree, and others: a Thai name, a Hindi one, Hebrew points, Jamo. */
const anyText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '',
    ' ',
    '●',
    '██░░ 40%',
    'ด้วย',
    'नमस्ते',
    'שָׁלוֹם',
    '\u1112\u1161\u11ab',
    '日本',
    '👩‍👩‍👧',
    '\ue000',
    '\u200b',
    'a\nb',
    '\u001b[31m',
  ),
);

const anyColumn = fc.record({
  ...{ title: anyText, align: fc.constantFrom('left' as const, 'right' as const) },
  ...{ dropOrder: fc.option(fc.nat(9), { nil: undefined }), paint: fc.constantFrom('none', 'red', 'bold', 'dim') },
});

type Shape = typeof anyColumn extends fc.Arbitrary<infer T> ? T : never;

function tableOf(shapes: readonly Shape[], texts: readonly (readonly string[])[], { color }: Theme) {
  const paints = { none: undefined, red: color.red, bold: color.bold, dim: color.dim };
  const columns = shapes.map(
    ({ title, align, dropOrder, paint }, index): Column<readonly string[]> => ({
      ...{ title, align, text: (row) => row[index] ?? '', shorter: [(row) => (row[index] ?? '').slice(0, 3)] },
      paint: (row) => (row[index] === undefined ? undefined : paints[paint]),
      ...(dropOrder === undefined ? {} : { dropOrder }),
    }),
  );
  return [columns, texts] as const;
}

describe('a table drawn with the library', () => {
  test('is the light one to the letter, whatever is in it and however wide the terminal', () => {
    fc.assert(
      fc.property(
        fc.array(anyColumn, { minLength: 1, maxLength: 5 }),
        fc.array(fc.array(anyText, { maxLength: 5 }), { maxLength: 5 }),
        fc.constantFrom(0, 12, 24, 40, 120),
        fc.boolean(),
        (shapes, texts, width, hasColor) => {
          const theme = themeOf(width, hasColor);
          const [columns, rows] = tableOf(shapes, texts, theme);
          expect(renderTable(columns, rows, theme)).toBe(renderLightTable(columns, rows, theme));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('puts the signs of any script below each other', () => {
    const columns: Column<string>[] = [
      { title: 'name', text: (text) => text },
      { title: 'left', align: 'right', text: () => '40%' },
    ];
    expect(renderTable(columns, ['ด้วย', 'नमस्ते', '日本', 'ann'], themeOf(40, false)).split('\n')).toEqual([
      'NAME  LEFT',
      'ด้วย    40%',
      'नमस्ते   40%',
      '日本   40%',
      'ann    40%',
      '',
    ]);
  });

  test('is drawn light where it has more than 200 rows', () => {
    const draw = (count: number) => {
      const rows = Array.from({ length: count }, (_, index) => String(index));
      return renderTable([{ title: 'number', text: (text) => text }], rows, themeOf(0, false)).split('\n').length;
    };
    isLoaded();
    expect([draw(201), isLoaded()]).toEqual([203, false]);
    expect([draw(200), isLoaded()]).toEqual([202, true]);
  });
});

/** Whether the library has been loaded since this was last asked. */
function isLoaded(): boolean {
  const { cache, resolve } = createRequire(import.meta.url);
  const library = resolve('cli-table3');
  const was = library in cache;
  delete cache[library];
  return was;
}
