import measureWidth from 'fast-string-width';
import { printable, signsOf } from '../../core/printable.js';
import type { Theme } from './theme.js';

/** How a text is coloured once its width has been measured. */
export type Paint = (text: string) => string;

/**
 * A column, and when it gives way. While a table is wider than the terminal, the lowest number goes first: the next
 * shorter text of the cells, or the column as a whole. A column is made of functions, not of cells: ten thousand rows
 * would be ninety thousand objects.
 */
export interface Column<Row> {
  readonly title: string;
  /** Plain text. */
  readonly text: (row: Row) => string;
  /** Shorter texts for a terminal that is too narrow, the longest first. */
  readonly shorter?: readonly ((row: Row) => string)[];
  readonly paint?: (row: Row) => Paint | undefined;
  /** The title above shorter texts. */
  readonly shortTitle?: string;
  readonly align?: 'left' | 'right';
  /** The numbers at which the shorter texts of its cells are taken, in their order; default: the first of them at once. */
  readonly shortenOrder?: readonly number[];
  /** The number at which the column goes; absent: never. */
  readonly dropOrder?: number;
  /**
   * May be cut with an ellipsis down to this width before anything else gives way; absent: only when nothing else is
   * left.
   */
  readonly minWidth?: number;
  /** Whether the column, with these texts, has nothing to tell and is left out, however wide the terminal. */
  readonly isNeedless?: (texts: readonly string[]) => boolean;
}

/** What a column shows, beside its title and when it gives way. */
export type Cells<Row> = Pick<Column<Row>, 'text' | 'shorter' | 'paint'>;

/** A column as it is drawn: texts that a terminal shows as they are, none of them wider than `width`. */
export interface Shown {
  readonly align: 'left' | 'right' | undefined;
  readonly title: string;
  readonly texts: readonly string[];
  readonly width: number;
  /** Whether each sign of it takes one column: then the length of a text is its width. */
  readonly isPlain: boolean;
  readonly paintOf: (row: number) => Paint | undefined;
}

export const gap = '  ';

/** Whether a column says the same of every account. */
export function isSameForAll(texts: readonly string[]): boolean {
  return texts.every((text) => text === texts[0]);
}

/** Which columns a table has, with which texts, and how wide each is: never wider than the terminal together. */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], theme: Theme): readonly Shown[] {
  const states = columns
    .map((column) => layerOf(column, rows))
    .filter(({ column, texts }) => column.isNeedless?.(texts) !== true);
  if (!theme.style.isFitted) return states.map((state) => state.shown());
  const available = theme.style.width;
  giveWay(states, available);
  const chosen = states.filter(({ isDropped }) => !isDropped);
  const toMinimum = squeeze(chosen, available, ({ leastWidth }) => leastWidth);
  const widths = squeeze(chosen, available, () => 1, toMinimum);
  return chosen.map((state, index) => fitted(state.shown(), widths[index] ?? 0, theme));
}

type Giving = Omit<Column<never>, 'text' | 'shorter' | 'paint'>;

/** A column on its way to being shown: how far it has given way so far. */
class Layer {
  level = 0;
  isDropped = false;
  readonly column: Giving;
  /** Before it has given way. */
  readonly texts: readonly string[];
  readonly #textsAt: (level: number) => readonly string[];
  readonly #paintOf: Shown['paintOf'];
  readonly #levels = new Map<number, Shown>();

  constructor(column: Giving, textsAt: (level: number) => readonly string[], paintOf: Shown['paintOf']) {
    this.column = column;
    this.texts = textsAt(0);
    this.#textsAt = textsAt;
    this.#paintOf = paintOf;
  }

  get leastWidth(): number {
    const { width } = this.shown();
    return Math.min(width, this.column.minWidth ?? width);
  }

  shown(): Shown {
    const known = this.#levels.get(this.level);
    if (known !== undefined) return known;
    const { title, shortTitle = title, align } = this.column;
    const shownTitle = harmless((this.level === 0 ? title : shortTitle).toUpperCase());
    const texts = this.level === 0 ? this.texts : this.#textsAt(this.level);
    const shown = measured({ align, title: shownTitle, paintOf: this.#paintOf }, texts);
    this.#levels.set(this.level, shown);
    return shown;
  }
}

function layerOf<Row>({ text, shorter = [], paint, ...giving }: Column<Row>, rows: readonly Row[]): Layer {
  const textsAt = (level: number) => rows.map(shorter[Math.min(level, shorter.length) - 1] ?? text);
  const paintOf = (position: number) => {
    const row = rows[position];
    return row === undefined ? undefined : paint?.(row);
  };
  return new Layer(giving, textsAt, paintOf);
}

interface Concession {
  readonly order: number;
  readonly state: Layer;
  /** The level of texts that this concession leads to; absent where the column goes. */
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

/** Makes one concession after the other until the table fits; then takes back those that were not needed. */
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
  const { title, texts } = shown;
  const narrowed = (text: string, shorten: Shorten) => (widthOf(text) > width ? shorten(text, width, theme) : text);
  const atEnd = texts.map((text) => narrowed(text, cutEnd));
  const inMiddle = distinct(atEnd) === distinct(texts) ? atEnd : texts.map((text) => narrowed(text, cutMiddle));
  const cut = distinct(inMiddle) > distinct(atEnd) ? inMiddle : atEnd;
  return { ...measured({ ...shown, title: narrowed(title, cutEnd) }, cut), width };
}

function distinct(texts: readonly string[]): number {
  return new Set(texts).size;
}

type Shorten = (text: string, available: number, theme: Theme) => string;

const cutEnd: Shorten = (text, available, { symbols: { ellipsis } }) => {
  if (widthOf(ellipsis) > available) return '';
  return harmless(`${begin(signsOf(text), available - widthOf(ellipsis)).join('')}${ellipsis}`);
};

const cutMiddle: Shorten = (text, available, theme) => {
  const { ellipsis } = theme.symbols;
  const room = available - widthOf(ellipsis);
  if (room < 2) return cutEnd(text, available, theme);
  const signs = [...signsOf(text)];
  const head = begin(signs, Math.ceil(room / 2));
  const tail = begin(signs.slice(head.length).reverse(), Math.floor(room / 2)).reverse();
  return harmless(`${head.join('')}${ellipsis}${tail.join('')}`);
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

/**
 * A column with its width. All of its texts are looked at together: that is most of the work of a long table, and
 * nearly all of them are plain.
 */
function measured(column: Pick<Shown, 'align' | 'title' | 'paintOf'>, texts: readonly string[]): Shown {
  const { align, title, paintOf } = column;
  const arePlain = isPlain(texts.join(''));
  const shown = arePlain ? texts : texts.map(harmless);
  let width = widthOf(title);
  for (const text of shown) width = Math.max(width, arePlain ? text.length : widthOf(text));
  return { align, title, texts: shown, width, isPlain: arePlain, paintOf };
}

/** The text as a terminal may get it; empty where all of its signs have no width. */
function harmless(text: string): string {
  if (isPlain(text)) return text;
  const shown = printable(text);
  return widthOf(shown) === 0 ? '' : shown;
}

/** Signs that take one column each and need no look-up: ASCII, the Latin letters, and those our own texts are made with. */
const plainText = /^[\x20-\x7e\xa1-\xac\xae-\xff\u2013\u2026\u2588\u2591\u25cf]*$/;

/** Whether a terminal of whatever age gives each sign of the text one column. */
export function isPlain(text: string): boolean {
  return plainText.test(text);
}

export function widthOf(text: string): number {
  return isPlain(text) ? text.length : measureWidth(text);
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}
