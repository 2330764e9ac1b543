import { Chalk, type ChalkInstance } from 'chalk';
import type { Style } from '../terminal/io.js';

/** How a result becomes text: colours, symbols, width and the moment that distances are measured from. */
export interface Theme {
  readonly style: Style;
  readonly color: ChalkInstance;
  readonly symbols: Symbols;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Symbols = Readonly<Record<keyof typeof unicodeSymbols, string>>;

const unicodeSymbols = {
  active: '●',
  selected: '❯',
  ok: '✓',
  warning: '!',
  error: '✗',
  arrow: '→',
  rule: '─',
  barFull: '█',
  barEmpty: '░',
  unknown: '–',
  separator: '·',
  range: '–',
  ellipsis: '…',
};

const asciiSymbols: Symbols = {
  active: '*',
  selected: '>',
  ok: 'ok',
  warning: '!',
  error: 'x',
  arrow: '->',
  rule: '-',
  barFull: '#',
  barEmpty: '.',
  unknown: '-',
  separator: '-',
  range: '-',
  ellipsis: '~',
};

export function createTheme(style: Style, now: number): Theme {
  return {
    style,
    color: new Chalk({ level: style.hasColor ? 1 : 0 }),
    symbols: style.hasUnicode ? unicodeSymbols : asciiSymbols,
    now,
  };
}
