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

interface Symbols {
  readonly active: string;
  readonly selected: string;
  readonly ok: string;
  readonly warning: string;
  readonly error: string;
  readonly arrow: string;
  readonly rule: string;
  readonly barFull: string;
  readonly barEmpty: string;
  readonly unknown: string;
  readonly separator: string;
  readonly range: string;
  readonly ellipsis: string;
}

const unicodeSymbols: Symbols = {
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
