import stringWidth from 'fast-string-width';
import type { Theme } from './theme.js';

/** One cell: plain text, and how to colour it once its width has been measured. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns go in ascending order of this number while the table is wider than the terminal; absent: never. */
  readonly dropOrder?: number;
  /** May be cut with an ellipsis down to this width before a column is dropped; absent: never cut. */
  readonly minWidth?: number;
}

const gap = '  ';

/**
 * A table without borders: header, then a line per row, as wide as its content and never wider than the terminal. Only a
 * terminal is narrow: in a pipe nothing is cut.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], theme: Theme): string {
  const full = columns.map((column, index) => ({ column, index, width: fullWidth(column, index, rows) }));
  const shown = theme.style.isTerminal ? shrink(full, theme.style.width) : full;
  const header = shown.map(({ column, width }) =>
    theme.color.dim(pad(column.title.toUpperCase(), width, column.align)),
  );
  const lines = rows.map((row) =>
    shown.map(({ column, index, width }) => {
      const { text, paint } = row[index] ?? { text: '' };
      const padded = pad(cut(text, width), width, column.align);
      return paint === undefined ? padded : paint(padded);
    }),
  );
  return [header, ...lines].map((cells) => `${cells.join(gap).trimEnd()}\n`).join('');
}

interface Shown {
  readonly column: Column;
  readonly index: number;
  readonly width: number;
}

function fullWidth(column: Column, index: number, rows: readonly (readonly Cell[])[]): number {
  return rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index]?.text ?? '')), column.title.length);
}

function shrink(columns: readonly Shown[], available: number): readonly Shown[] {
  const excess = totalWidth(columns) - available;
  if (excess <= 0) return columns;
  const squeezed = squeeze(columns, excess);
  if (totalWidth(squeezed) <= available) return squeezed;
  const droppable = columns.filter(({ column }) => column.dropOrder !== undefined);
  const [first] = droppable.sort((a, b) => (a.column.dropOrder ?? 0) - (b.column.dropOrder ?? 0));
  if (first === undefined) return squeezed;
  return shrink(
    columns.filter((each) => each !== first),
    available,
  );
}

function squeeze(columns: readonly Shown[], excess: number): readonly Shown[] {
  let left = excess;
  return columns.map((shown) => {
    const spare = shown.width - (shown.column.minWidth ?? shown.width);
    const taken = Math.max(0, Math.min(spare, left));
    left -= taken;
    return { ...shown, width: shown.width - taken };
  });
}

function totalWidth(columns: readonly Shown[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap.length * (columns.length - 1));
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (stringWidth(`${kept}${character}…`) > width) break;
    kept += character;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
}
