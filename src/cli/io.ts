import type { Environment } from '../core/environment.js';

/** The streams and what they can show, decided once (STYLE: Streams). */
export interface Io {
  /** Data: what the command was asked for. */
  print(text: string): void;
  /** Progress, confirmations, warnings: everything that is not the answer. */
  note(text: string): void;
  /** Whether stdout shows colour; `noteStyle` says the same of stderr. */
  readonly style: Style;
  readonly noteStyle: Style;
  /** Both ends of a dialogue are a terminal and nobody said `--no-input`. */
  readonly isInteractive: boolean;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface Style {
  readonly isTerminal: boolean;
  readonly hasColor: boolean;
  readonly hasUnicode: boolean;
  /** Columns; 80 where the terminal does not say. */
  readonly width: number;
}

export interface ProcessStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function createIo(
  streams: ProcessStreams,
  environment: Environment,
  choices: { readonly color: boolean; readonly input: boolean },
): Io {
  const styleOf = (stream: NodeJS.WriteStream) => streamStyle(stream, environment, choices.color);
  return {
    print: (text) => void streams.stdout.write(text),
    note: (text) => void streams.stderr.write(text),
    style: styleOf(streams.stdout),
    noteStyle: styleOf(streams.stderr),
    isInteractive: choices.input && streams.stdin.isTTY === true && streams.stderr.isTTY === true,
    stdin: streams.stdin,
    stderr: streams.stderr,
  };
}

function streamStyle(stream: NodeJS.WriteStream, environment: Environment, wantsColor: boolean): Style {
  const isTerminal = stream.isTTY === true;
  const isDumb = environment.term === 'dumb';
  const refusesColor = !wantsColor || environment.noColor !== undefined;
  const forcesColor = environment.forceColor !== undefined && environment.forceColor !== '0';
  return {
    isTerminal,
    hasColor: !refusesColor && (forcesColor || (isTerminal && !isDumb)),
    hasUnicode: !isDumb && speaksUtf8(environment),
    width: widthOf(stream, environment),
  };
}

function speaksUtf8(environment: Environment): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = environment.raw;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

const defaultWidth = 80;

/** Some pseudo terminals report 0 columns. */
function widthOf(stream: NodeJS.WriteStream, environment: Environment): number {
  const stated = Number(environment.columns);
  if (Number.isInteger(stated) && stated > 0) return stated;
  return stream.columns || defaultWidth;
}
