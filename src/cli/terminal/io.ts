import type { Environment } from '../../core/environment.js';
import { printable, printableLines } from '../../core/printable.js';
import type { GlobalOptions } from '../program/options.js';
import { calledAs, maskEmails } from '../program/shown-text.js';
import { wrapText } from './wrap-text.js';

/**
 * The streams and what they can show, decided once (STYLE: Streams). In whatever is written here, the only control
 * sequences are the styles of a theme, and those only where there is colour.
 */
export interface Io {
  /** Data: what the command was asked for. */
  print(text: string): void;
  /** Prints what a program reads, such as a script: command lines in it keep the name `codex-auth`. */
  printCode(text: string): void;
  /** Progress, confirmations, warnings: everything that is not the answer. Each text is one line, whatever is in it. */
  note(...lines: readonly string[]): void;
  /** The same for a text that a theme may have coloured, and that was made printable before. */
  noteRendered(text: string): void;
  /**
   * One line on stderr that the next one, or any note, takes the place of; without a text it goes away. Where the
   * terminal cannot take a line back (`noteStyle.canRewrite`), nothing is shown.
   */
  status(text?: string): void;
  /**
   * The text as a person may see it: without email addresses under `--mask`, and with our name as the person typed it.
   * Whatever is printed passes it anyway.
   */
  shown(text: string): string;
  /** The text without email addresses under `--mask`, and otherwise as it is: for files, and for what programs read. */
  masked(text: string): string;
  /** Whether stdout shows colour; `noteStyle` says the same of stderr. */
  readonly style: Style;
  readonly noteStyle: Style;
  /** Both ends of a dialogue are a terminal and nobody said `--no-input`. */
  readonly isInteractive: boolean;
  /** As `isInteractive`, with stdout being a terminal that can be drawn on: for a program that fills the screen. */
  readonly canFillScreen: boolean;
  readonly stdin: NodeJS.ReadStream;
  /** For drawing; text for it goes through `shown` first. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface Style {
  readonly isTerminal: boolean;
  /** A terminal that knows how to erase a line. */
  readonly canRewrite: boolean;
  readonly hasColor: boolean;
  readonly hasUnicode: boolean;
  /** Columns; 80 where the terminal does not say. */
  readonly width: number;
  /** Tables keep to that width: it is the terminal's, or COLUMNS says how much room there is behind a pipe. */
  readonly isFitted: boolean;
}

/** For a file: no colour, nothing cut to a width. */
export const plainStyle: Style = {
  isTerminal: false,
  canRewrite: false,
  hasColor: false,
  hasUnicode: true,
  width: 80,
  isFitted: false,
};

export interface ProcessStreams {
  readonly stdin: NodeJS.ReadStream;
  /** What is printed goes here: to `stdout`, or straight to its descriptor. */
  readonly answers: Output;
  /** What is noted goes here: to `stderr`, or straight to its descriptor. */
  readonly messages: Output;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

type IoOptions = Pick<GlobalOptions, 'color' | 'input' | 'json' | 'mask' | 'plain'>;

/** The part of a stream that printing needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
}

export function createIo(streams: ProcessStreams, environment: Environment, options: IoOptions): Io {
  const styleOf = (output: Output) => outputStyle(output, environment, options);
  const masked = options.mask === true ? maskEmails : (text: string) => text;
  const named = calledAs(environment.invokedAs);
  const shown = (text: string) => named(masked(text));
  let style: Style | undefined;
  let noteStyle: Style | undefined;
  let statusLength = 0;

  // A stream costs time to make, and changes its descriptor for a program after us: none is touched before it is used.
  function styleOfAnswers(): Style {
    style ??= styleOf(streams.answers);
    return style;
  }

  function styleOfNotes(): Style {
    noteStyle ??= styleOf(streams.messages);
    return noteStyle;
  }

  function status(text?: string): void {
    if ((text === undefined && statusLength === 0) || !styleOfNotes().canRewrite) return;
    // The width by now: a terminal that has become narrower has broken the line that is to be erased.
    const width = widthOf(streams.messages, environment);
    const broken = Math.max(0, Math.ceil(statusLength / width) - 1);
    // A line that wraps could not be taken back.
    const line = printable(shown(text ?? '')).slice(0, width - 1);
    statusLength = line.length;
    streams.messages.write(`${broken === 0 ? eraseLine : eraseLines(broken)}${line}`);
  }

  function noteRendered(text: string): void {
    status();
    const { isTerminal, width, hasColor } = styleOfNotes();
    const safe = printableLines(shown(text), { styled: hasColor });
    streams.messages.write(isTerminal ? wrapText(safe, width) : safe);
  }

  // A program that reads JSON cannot answer.
  const isInteractive = () =>
    options.input && options.json !== true && streams.messages.isTTY === true && streams.stdin.isTTY === true;

  return {
    print(text) {
      status();
      streams.answers.write(printableLines(shown(text), { styled: styleOfAnswers().hasColor }));
    },
    printCode(text) {
      status();
      streams.answers.write(printableLines(masked(text)));
    },
    note: (...lines) => noteRendered(lines.map((line) => `${printable(line)}\n`).join('')),
    noteRendered,
    status,
    shown,
    masked,
    get style() {
      return styleOfAnswers();
    },
    get noteStyle() {
      return styleOfNotes();
    },
    get isInteractive() {
      return isInteractive();
    },
    get canFillScreen() {
      return styleOfAnswers().canRewrite && isInteractive();
    },
    get stdin() {
      return streams.stdin;
    },
    get stdout() {
      return streams.stdout;
    },
    get stderr() {
      return streams.stderr;
    },
  };
}

const eraseLine = '\r\u001b[K';
const eraseLines = (above: number) => `\r\u001b[${above}A\u001b[J`;

function outputStyle(output: Output, environment: Environment, { color, plain }: IoOptions): Style {
  const isTerminal = output.isTTY === true;
  const isDumb = environment.term === 'dumb';
  const refusesColor = !color || environment.noColor !== undefined;
  const forcesColor = environment.forceColor !== undefined && environment.forceColor !== '0';
  return {
    isTerminal,
    canRewrite: isTerminal && !isDumb && plain !== true && environment.accessible === undefined,
    hasColor: !refusesColor && (forcesColor || (isTerminal && !isDumb)),
    hasUnicode: !isDumb && speaksUtf8(environment),
    width: widthOf(output, environment),
    isFitted: isTerminal || statedWidth(environment) !== undefined,
  };
}

function speaksUtf8(environment: Environment): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = environment.raw;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

const defaultWidth = 80;

/** Some pseudo terminals report 0 columns. */
function widthOf(output: Output, environment: Environment): number {
  return statedWidth(environment) ?? (output.columns || defaultWidth);
}

function statedWidth({ columns }: Environment): number | undefined {
  const stated = Number(columns);
  return Number.isInteger(stated) && stated > 0 ? stated : undefined;
}
