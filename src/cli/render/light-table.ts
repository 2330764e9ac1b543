import { type Column, gap, layOut, type Measured, type Shown } from './table-layout.js';
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

export function drawLight(shown: readonly Shown[], rowCount: number, theme: Theme): string {
  const titleRow = lineOf(shown, ({ title }) => ({ ...title, paint: theme.color.dim }), theme);
  const rows = Array.from({ length: rowCount }, (_, row) => lineOf(shown, ({ cells }) => cells[row] ?? empty, theme));
  return titleRow + rows.join('');
}

const empty: Measured = { text: '', width: 0 };

function lineOf(columns: readonly Shown[], cellOf: (column: Shown) => Measured, theme: Theme): string {
  const cells = columns.map((column) => cellText(cellOf(column), column, theme));
  return `${cells.join(gap).trimEnd()}\n`;
}

function cellText({ text, width, paint }: Measured, column: Shown, { style }: Theme): string {
  const painted = paint === undefined || !style.hasColor ? text : paint(text);
  const room = ' '.repeat(Math.max(0, column.width - width));
  return column.align === 'right' ? room + painted : painted + room;
}
