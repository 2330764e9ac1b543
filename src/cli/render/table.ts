import measureWidth from 'fast-string-width';
import { printable, signsOf } from '../../core/printable.js';
import type { Theme } from './theme.js';

/** One cell: plain text, and how to colour it once its width has been measured. */
export interface Cell {
  readonly text: string;
  /** A shorter text, made only for a terminal that is too narrow for the full ones. */
  readonly short?: () => string;
  readonly paint?: (text: string) => string;
}

export interface Column {
  readonly title: string;
  /** The title above short texts. */
  readonly shortTitle?: string;
  readonly align?: 'left' | 'right';
  /** Columns go in ascending order of this number while the table is wider than the terminal; absent: never. */
  readonly dropOrder?: number;
  /** May be cut with an ellipsis down to this width before a column is dropped; absent: only when nothing else is left. */
  readonly minWidth?: number;
}

const gap = '  ';

/**
 * A table without borders: header, then a line per row, as wide as its content and never wider than the terminal. Only a
 * terminal is narrow: in a pipe nothing is cut.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], theme: Theme): string {
  const full = columns.map((column, index) => layOut(column, rows, index, false));
  const shown = theme.style.isTerminal ? fitTo(columns, rows, full, theme.style.width) : full;
  const titleRow = lineOf(shown, ({ title }) => ({ ...title, paint: theme.color.dim }), theme);
  return titleRow + rows.map((_, row) => lineOf(shown, ({ cells }) => cells[row] ?? emptyCell, theme)).join('');
}

function lineOf(columns: readonly Shown[], cellOf: (column: Shown) => Measured, theme: Theme): string {
  const cells = columns.map((column) => cellText(cellOf(column), column, theme));
  return `${cells.join(gap).trimEnd()}\n`;
}

/** A text that a terminal shows as it is, with its width measured once: that is most of the work of a long table. */
interface Measured {
  readonly text: string;
  readonly width: number;
  readonly paint?: Cell['paint'] | undefined;
}

interface Shown {
  readonly column: Column;
  readonly title: Measured;
  readonly cells: readonly Measured[];
  readonly width: number;
}

const emptyCell: Measured = { text: '', width: 0 };

/** A cell as wide as its column is shown. */
function cellText(cell: Measured, { column, width }: Shown, theme: Theme): string {
  const fitting = pad(cell.width > width ? cut(cell.text, width, theme) : cell, width, column.align);
  return cell.paint === undefined || !theme.style.hasColor ? fitting : cell.paint(fitting);
}

function layOut(column: Column, rows: readonly (readonly Cell[])[], index: number, isShort: boolean): Shown {
  const title = measured((isShort ? (column.shortTitle ?? column.title) : column.title).toUpperCase());
  const cells = rows.map((row) => {
    const { text, short, paint } = row[index] ?? { text: '' };
    return measured(isShort ? (short?.() ?? text) : text, paint);
  });
  const width = cells.reduce((widest, cell) => Math.max(widest, cell.width), title.width);
  return { column, title, cells, width };
}

function measured(text: string, paint?: Cell['paint'] | undefined): Measured {
  if (plainText.test(text)) return { text, width: text.length, paint };
  const shown = printable(text);
  return { text: shown, width: widthOf(shown), paint };
}

/**
 * What gives way: first long texts, then columns, none of which stays while a more important one has no room, at last any
 * width.
 */
function fitTo(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  full: readonly Shown[],
  available: number,
): readonly Shown[] {
  if (totalWidth(full) <= available) return full;
  const short = columns.map((column, index) => layOut(column, rows, index, true));
  const toMinimum = ({ width, column }: Shown) => Math.min(width, column.minWidth ?? width);
  let chosen = short.filter(({ column }) => column.dropOrder === undefined);
  for (const candidate of byImportance(short)) {
    const wider = short.filter((each) => each === candidate || chosen.includes(each));
    if (totalWidth(squeeze(wider, available, toMinimum)) > available) break;
    chosen = wider;
  }
  return squeeze(squeeze(chosen, available, toMinimum), available, () => 1);
}

/** The columns that may go, the last one to go first. */
function byImportance(columns: readonly Shown[]): Shown[] {
  const orderOf = ({ column }: Shown) => column.dropOrder ?? 0;
  return columns.filter((each) => orderOf(each) > 0).sort((one, other) => orderOf(other) - orderOf(one));
}

/** Takes from whichever column is the widest that may still lose some, until the table fits or none may. */
function squeeze(columns: readonly Shown[], available: number, leastOf: (shown: Shown) => number): readonly Shown[] {
  const widths = columns.map(({ width }) => width);
  const least = columns.map(leastOf);
  for (let excess = totalWidth(columns) - available; excess > 0; excess -= 1) {
    const spare = widths.map((width, index) => (width > (least[index] ?? width) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return columns.map((shown, index) => ({ ...shown, width: widths[index] ?? shown.width }));
}

/** Signs that take one column each and need no look-up: ASCII, the Latin letters, and those our own texts are made with. */
const plainText = /^[\x20-\x7e\xa1-\xac\xae-\xff\u2013\u2026\u2588\u2591\u25cf]*$/;

function widthOf(text: string): number {
  return plainText.test(text) ? text.length : measureWidth(text);
}

function totalWidth(columns: readonly Shown[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap.length * (columns.length - 1));
}

function cut(text: string, available: number, { symbols: { ellipsis } }: Theme): Measured {
  let kept = '';
  for (const sign of signsOf(text)) {
    if (widthOf(`${kept}${sign}${ellipsis}`) > available) break;
    kept += sign;
  }
  return measured(widthOf(ellipsis) > available ? '' : `${kept}${ellipsis}`);
}

function pad({ text, width }: Measured, available: number, align: Column['align']): string {
  const length = text.length + Math.max(0, available - width);
  return align === 'right' ? text.padStart(length) : text.padEnd(length);
}
