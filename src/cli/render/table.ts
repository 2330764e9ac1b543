import { drawLight, type RenderTable } from './light-table.js';
import { type Column, gap, isPlain, layOut, type Paint, type Shown, widthOf } from './table-layout.js';
import { loadTableLibrary } from './table-library.js';
import type { Theme } from './theme.js';

export type { Column };

/** The library takes some 0.3 ms a row. */
const mostRows = 200;

/**
 * What `renderLightTable` draws, drawn with cli-table3: for every command that does something else than read what is on
 * the disk (docs/decisions/001-two-drawings-of-a-table.md). A longer table than 200 rows is drawn light.
 */
export const renderTable: RenderTable = (columns, rows, theme) => {
  const shown = layOut(columns, rows, theme);
  const isFit = rows.length <= mostRows && shown.length > 0;
  return isFit ? draw(shown, rows.length, theme) : drawLight(shown, rows.length, theme);
};

function draw(shown: readonly Shown[], rowCount: number, theme: Theme): string {
  const { contentOf, putIn } = standIns(theme);
  const Table = loadTableLibrary();
  const table = new Table({
    head: shown.map(({ title }) => contentOf(title, theme.color.dim)),
    colWidths: shown.map(({ width }) => width + gap.length),
    colAligns: shown.map(({ align = 'left' }) => align),
    chars: noBorders,
    style: { compact: true, head: [], border: [], 'padding-left': 0, 'padding-right': gap.length },
  });
  for (let row = 0; row < rowCount; row += 1) {
    table.push(shown.map(({ texts, paintOf }) => contentOf(texts[row] ?? '', paintOf(row))));
  }
  const lines = putIn(table.toString()).split('\n');
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

const noBorders = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ mid: '', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', middle: '', right: '' },
};

/** A sign of Unicode's private use. A text that has it itself is not plain, so that it is replaced as well. */
const standIn = '\ue000';

/**
 * The library measures by an older Unicode than the layout, and would draw a Thai name one column too narrow. So a text
 * that the two could measure differently is put in afterwards, in the place of as many signs as it is wide.
 */
function standIns({ style }: Theme) {
  const texts: string[] = [];
  return {
    contentOf(text: string, paint: Paint | undefined): string {
      const isAgreed = isPlain(text);
      if (!isAgreed) texts.push(text);
      const content = isAgreed ? text : standIn.repeat(widthOf(text));
      return paint === undefined || !style.hasColor ? content : paint(content);
    },
    putIn: (drawn: string) => drawn.replace(/\ue000+/g, () => texts.shift() ?? ''),
  };
}
