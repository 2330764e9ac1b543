import { type Column, gap, layOut, type Paint, type Shown, widthOf } from './table-layout.js';
import type { Theme } from './theme.js';

/** A table as text: `renderLightTable`, or `renderTable` of `table.ts`, which draws the same with a library. */
export type RenderTable = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], theme: Theme) => string;

/**
 * A table without borders: header, then a line per row, as wide as its content and never wider than the terminal. In a
 * pipe nothing is cut, unless COLUMNS says how much room there is behind it. For what has to start fast
 * (docs/decisions/001-two-drawings-of-a-table.md).
 */
export const renderLightTable: RenderTable = (columns, rows, theme) =>
  drawLight(layOut(columns, rows, theme), rows.length, theme);

export function drawLight(shown: readonly Shown[], rowCount: number, { color, style }: Theme): string {
  let drawn = lineOf(shown.map((column) => titleCell(column, style.hasColor ? color.dim : undefined)));
  // Not joined, which would copy all of the text: printing it does that once anyway.
  for (let row = 0; row < rowCount; row += 1)
    drawn += lineOf(shown.map((column) => cellOf(column, row, style.hasColor)));
  return drawn;
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(gap).trimEnd()}\n`;
}

function titleCell(column: Shown, paint: Paint | undefined): string {
  return padded(column, column.title, widthOf(column.title), paint);
}

function cellOf(column: Shown, row: number, hasColor: boolean): string {
  const text = column.texts[row] ?? '';
  const width = column.isPlain ? text.length : widthOf(text);
  return padded(column, text, width, hasColor ? column.paintOf(row) : undefined);
}

function padded({ align, width }: Shown, text: string, own: number, paint: Paint | undefined): string {
  const painted = paint === undefined ? text : paint(text);
  // `padStart` counts the units of a string: colours and wide signs have another number of these than of columns.
  const length = width - own + painted.length;
  return align === 'right' ? painted.padStart(length) : painted.padEnd(length);
}
