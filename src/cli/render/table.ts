import { type Cell, type Column, gap, layOut, type Measured, type Shown } from './table-layout.js';
import type { Theme } from './theme.js';

export type { Cell, Column };

/**
 * A table without borders: header, then a line per row, as wide as its content and never wider than the terminal. In a
 * pipe nothing is cut, unless COLUMNS says how much room there is behind it.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], theme: Theme): string {
  const shown = layOut(columns, rows, theme);
  const titleRow = lineOf(shown, ({ title }) => ({ ...title, paint: theme.color.dim }), theme);
  return titleRow + rows.map((_, row) => lineOf(shown, ({ cells }) => cells[row] ?? emptyCell, theme)).join('');
}

const emptyCell: Measured = { text: '', width: 0 };

function lineOf(columns: readonly Shown[], cellOf: (column: Shown) => Measured, theme: Theme): string {
  const cells = columns.map((column) => cellText(cellOf(column), column, theme));
  return `${cells.join(gap).trimEnd()}\n`;
}

/** A cell as wide as its column is shown. */
function cellText({ text, width, paint }: Measured, column: Shown, { style }: Theme): string {
  const length = text.length + Math.max(0, column.width - width);
  const padded = column.align === 'right' ? text.padStart(length) : text.padEnd(length);
  return paint === undefined || !style.hasColor ? padded : paint(padded);
}
