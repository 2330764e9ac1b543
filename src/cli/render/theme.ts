import { Chalk } from 'chalk';
import type { Style } from '../terminal/io.js';

/** How a result becomes text: colours, symbols, width and the moment that distances are measured from. */
export interface Theme {
  readonly style: Style;
  readonly color: Colors;
  readonly symbols: Symbols;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Colors = Readonly<Record<keyof typeof withoutColor, (text: string) => string>>;
type Symbols = Readonly<Record<keyof typeof unicodeSymbols, string>>;

const asItIs = (text: string) => text;

/** What chalk gives at level 0, without loading it. */
const withoutColor = {
  bold: asItIs,
  dim: asItIs,
  inverse: asItIs,
  red: asItIs,
  green: asItIs,
  yellow: asItIs,
  blue: asItIs,
  cyan: asItIs,
};

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
    color: style.hasColor ? new Chalk({ level: 1 }) : withoutColor,
    symbols: style.hasUnicode ? unicodeSymbols : asciiSymbols,
    now,
  };
}
