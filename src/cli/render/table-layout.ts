import measureWidth from 'fast-string-width';
import { printable, signsOf } from '../../core/printable.js';
import type { Theme } from './theme.js';

/** One cell: plain text, and how to colour it once its width has been measured. */
export interface Cell {
  readonly text: string;
  /** Shorter texts for a terminal that is too narrow, the longest first; made only when one is needed. */
  readonly shorter?: readonly (() => string)[];
  readonly paint?: ((text: string) => string) | undefined;
}

/**
 * A column, and when it gives way. While a table is wider than the terminal, what has the lowest number goes first: the
 * next shorter text of its cells, or the column as a whole.
 */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Cell;
  /** The title above shorter texts. */
  readonly shortTitle?: string;
  readonly align?: 'left' | 'right';
  /** The numbers at which the shorter texts of its cells are taken, in their order; default: the first of them at once. */
  readonly shortenOrder?: readonly number[];
  /** The number at which the column goes; absent: never. */
  readonly dropOrder?: number;
  /** May be cut with an ellipsis down to this width before anything else gives way; absent: only when nothing else is left. */
  readonly minWidth?: number;
  /** Has nothing to tell, however wide the terminal, when this holds of its texts. */
  readonly isNeedless?: (texts: readonly string[]) => boolean;
}

/** A text that a terminal shows as it is, with its width measured once: that is most of the work of a long table. */
export interface Measured {
  readonly text: string;
  readonly width: number;
  readonly paint?: Cell['paint'] | undefined;
}

/** A column as it is drawn: no text of it is wider than `width`. */
export interface Shown {
  readonly align: 'left' | 'right' | undefined;
  readonly title: Measured;
  readonly cells: readonly Measured[];
  readonly width: number;
}

export const gap = '  ';

/** Says the same of every account. */
export function isSameForAll(texts: readonly string[]): boolean {
  return new Set(texts).size < 2;
}

/** Which columns a table has, with which texts, and how wide each is: never wider than the terminal together. */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], theme: Theme): readonly Shown[] {
  const states = columns.flatMap((column) => {
    const cells = rows.map(column.cell);
    return column.isNeedless?.(cells.map(({ text }) => text)) === true ? [] : [new Layer(column, cells)];
  });
  if (!theme.style.isFitted) return states.map((state) => state.shown());
  const available = theme.style.width;
  giveWay(states, available);
  const chosen = states.filter(({ isDropped }) => !isDropped);
  const toMinimum = squeeze(chosen, available, ({ leastWidth }) => leastWidth);
  const widths = squeeze(chosen, available, () => 1, toMinimum);
  return chosen.map((state, index) => fitted(state.shown(), widths[index] ?? 0, theme));
}

type Giving = Omit<Column<never>, 'cell'>;

/** A column on its way to being shown: how far it has given way so far. */
class Layer {
  level = 0;
  isDropped = false;
  readonly column: Giving;
  readonly #cells: readonly Cell[];
  readonly #levels = new Map<number, Shown>();

  constructor(column: Giving, cells: readonly Cell[]) {
    this.column = column;
    this.#cells = cells;
  }

  get leastWidth(): number {
    const { width } = this.shown();
    return Math.min(width, this.column.minWidth ?? width);
  }

  shown(): Shown {
    const known = this.#levels.get(this.level);
    if (known !== undefined) return known;
    const { title, shortTitle = title, align } = this.column;
    const shownTitle = measured((this.level === 0 ? title : shortTitle).toUpperCase());
    const cells = this.#cells.map(({ text, shorter = [], paint }) => {
      const shortened = shorter[Math.min(this.level, shorter.length) - 1];
      return measured(shortened?.() ?? text, paint);
    });
    const width = cells.reduce((widest, cell) => Math.max(widest, cell.width), shownTitle.width);
    const shown = { align, title: shownTitle, cells, width };
    this.#levels.set(this.level, shown);
    return shown;
  }
}

interface Concession {
  readonly order: number;
  readonly state: Layer;
  /** The level of texts it leads to; absent where the column goes. */
  readonly level?: number;
}

function concessionsOf(state: Layer): Concession[] {
  const { shortenOrder = [0], dropOrder } = state.column;
  const shortening = shortenOrder.map((order, index) => ({ order, state, level: index + 1 }));
  return dropOrder === undefined ? shortening : [...shortening, { order: dropOrder, state }];
}

function make({ state, level }: Concession): void {
  if (level === undefined) state.isDropped = true;
  else state.level = level;
}

function takeBack({ state, level }: Concession): void {
  if (level === undefined) state.isDropped = false;
  // A text that has been shortened further stays so.
  else if (state.level === level) state.level = level - 1;
}

/** One concession after the other until the table fits; then what turns out not to have been needed comes back. */
function giveWay(states: readonly Layer[], available: number): void {
  const fits = () => {
    const chosen = states.filter(({ isDropped }) => !isDropped);
    return totalWidth(chosen.map(({ leastWidth }) => leastWidth)) <= available;
  };
  const open = states.flatMap(concessionsOf).sort((one, other) => one.order - other.order);
  const made: Concession[] = [];
  for (const concession of open) {
    if (fits()) break;
    make(concession);
    made.push(concession);
  }
  if (!fits()) return;
  for (const { state, ...concession } of made.reverse()) {
    const { level, isDropped } = state;
    takeBack({ state, ...concession });
    if (!fits()) Object.assign(state, { level, isDropped });
  }
}

/** Takes from whichever column is the widest that may still lose some, until the table fits or none may. */
function squeeze(
  states: readonly Layer[],
  available: number,
  leastOf: (state: Layer) => number,
  from: readonly number[] = states.map((state) => state.shown().width),
): number[] {
  const widths = [...from];
  const least = states.map(leastOf);
  for (let excess = totalWidth(widths) - available; excess > 0; excess -= 1) {
    const spare = widths.map((width, index) => (width > (least[index] ?? width) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Cut at the end, or in the middle where that tells more texts apart. */
function fitted(shown: Shown, width: number, theme: Theme): Shown {
  if (shown.width <= width) return shown;
  const { align, title, cells } = shown;
  const narrowed = (cell: Measured, shorten: Shorten) => (cell.width > width ? shorten(cell, width, theme) : cell);
  const atEnd = cells.map((cell) => narrowed(cell, cutEnd));
  const inMiddle = distinct(atEnd) === distinct(cells) ? atEnd : cells.map((cell) => narrowed(cell, cutMiddle));
  return {
    ...{ align, width },
    title: narrowed(title, cutEnd),
    cells: distinct(inMiddle) > distinct(atEnd) ? inMiddle : atEnd,
  };
}

function distinct(cells: readonly Measured[]): number {
  return new Set(cells.map(({ text }) => text)).size;
}

type Shorten = (cell: Measured, available: number, theme: Theme) => Measured;

const cutEnd: Shorten = ({ text, paint }, available, { symbols: { ellipsis } }) => {
  const kept = begin(signsOf(text), available - widthOf(ellipsis));
  return measured(widthOf(ellipsis) > available ? '' : `${kept.join('')}${ellipsis}`, paint);
};

const cutMiddle: Shorten = (cell, available, theme) => {
  const { ellipsis } = theme.symbols;
  const room = available - widthOf(ellipsis);
  if (room < 2) return cutEnd(cell, available, theme);
  const signs = [...signsOf(cell.text)];
  const head = begin(signs, Math.ceil(room / 2));
  const tail = begin(signs.slice(head.length).reverse(), Math.floor(room / 2)).reverse();
  return measured(`${head.join('')}${ellipsis}${tail.join('')}`, cell.paint);
};

/** As many of the signs as there is room for. */
function begin(signs: Iterable<string>, room: number): string[] {
  const kept: string[] = [];
  let width = 0;
  for (const sign of signs) {
    width += widthOf(sign);
    if (width > room) break;
    kept.push(sign);
  }
  return kept;
}

/** What takes no room on a terminal shows nothing. */
function measured(text: string, paint?: Cell['paint'] | undefined): Measured {
  if (isPlain(text)) return { text, width: text.length, paint };
  const shown = printable(text);
  const width = widthOf(shown);
  return { text: width === 0 ? '' : shown, width, paint };
}

/** Signs that take one column each and need no look-up: ASCII, the Latin letters, and those our own texts are made with. */
const plainText = /^[\x20-\x7e\xa1-\xac\xae-\xff\u2013\u2026\u2588\u2591\u25cf]*$/;

/** A terminal of whatever age gives each of its signs one column. */
export function isPlain(text: string): boolean {
  return plainText.test(text);
}

function widthOf(text: string): number {
  return isPlain(text) ? text.length : measureWidth(text);
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}
