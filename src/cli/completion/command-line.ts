import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';

/** What the word at the cursor is going to be, as the command tree understands the words before it. */
export interface Cursor {
  readonly asks:
    | { readonly kind: 'command' | 'option' | 'nothing' }
    | { readonly kind: 'value'; readonly of: Argument | Option };
  readonly command: CommandUnknownOpts;
  /** After `--`. */
  readonly isLiteral: boolean;
  /** The words that belong to the command itself. */
  readonly positionals: readonly string[];
  /** The options before the cursor by their long names, with their last value; a flag has none. */
  readonly options: ReadonlyMap<string, string | undefined>;
  /** What stands before every value in the word at the cursor: `--config=`, mostly nothing. */
  readonly prefix: string;
}

interface Line {
  readonly program: CommandUnknownOpts;
  readonly positionals: string[];
  readonly options: Map<string, string | undefined>;
  command: CommandUnknownOpts;
  /** An option that takes the next word: always where it `isBound`, else unless that word is an option itself. */
  taker: { readonly option: Option; readonly isBound: boolean } | undefined;
  isHelp: boolean;
  /** After `--`, where nothing is an option. */
  isLiteral: boolean;
}

/** Reads the words after the program's name; the last one is the one at the cursor, and may be empty. */
export function readCommandLine(program: CommandUnknownOpts, words: readonly string[]): Cursor {
  const line: Line = {
    ...{ program, command: program, positionals: [], options: new Map() },
    ...{ taker: undefined, isHelp: false, isLiteral: false },
  };
  for (const word of words.slice(0, -1)) readWord(line, word);
  const { command, positionals, options, isLiteral } = line;
  return { command, positionals, options, isLiteral, ...askOf(line, words.at(-1) ?? '') };
}

function readWord(line: Line, word: string): void {
  const { taker, command, positionals } = line;
  const isOption = looksLikeOption(line, word);
  line.taker = undefined;
  if (taker !== undefined && (taker.isBound || !isOption)) {
    line.options.set(nameOf(taker.option), word);
    if (taker.option.variadic) line.taker = { option: taker.option, isBound: false };
  } else if (word === '--') line.isLiteral = true;
  else if (isOption) readOption(line, word);
  else if (positionals.length > 0 || command.commands.length === 0) positionals.push(word);
  else if (word === 'help') line.isHelp = true;
  else {
    const member = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (member === undefined) positionals.push(word);
    else line.command = member;
  }
}

function readOption(line: Line, word: string): void {
  const [name = '', attached] = splitOption(word);
  const option = findOption(line, name);
  line.options.set(option === undefined ? name : nameOf(option), attached);
  if (option === undefined || attached !== undefined || !(option.required || option.optional)) return;
  line.taker = { option, isBound: option.required };
}

function askOf(line: Line, current: string): Pick<Cursor, 'asks' | 'prefix'> {
  const { taker, command, positionals, isHelp } = line;
  const isOption = !line.isLiteral && current.startsWith('-');
  if (taker !== undefined && (taker.isBound || !isOption)) {
    return { asks: { kind: 'value', of: taker.option }, prefix: '' };
  }
  if (isOption) {
    const [name = '', attached] = splitOption(current);
    const option = attached === undefined ? undefined : findOption(line, name);
    if (option === undefined) return { asks: { kind: 'option' }, prefix: '' };
    return { asks: { kind: 'value', of: option }, prefix: `${name}=` };
  }
  if (command.commands.length > 0 && positionals.length === 0) return { asks: { kind: 'command' }, prefix: '' };
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  // Where a command takes two kinds of arguments, `--` ends the first kind.
  const isRest = last?.variadic === true && (line.isLiteral || positionals.length >= declared.length);
  const argument = isRest ? last : declared[positionals.length];
  const isAsked = argument !== undefined && !isHelp;
  return { asks: isAsked ? { kind: 'value', of: argument } : { kind: 'nothing' }, prefix: '' };
}

function looksLikeOption({ isLiteral }: Line, word: string): boolean {
  return !isLiteral && word.startsWith('-') && word !== '-' && word !== '--';
}

function splitOption(word: string): [name: string, attached: string | undefined] {
  const end = word.startsWith('--') ? word.indexOf('=') : -1;
  return end < 0 ? [word, undefined] : [word.slice(0, end), word.slice(end + 1)];
}

function findOption({ command, program }: Line, name: string): Option | undefined {
  return [...command.options, ...program.options].find(({ long, short }) => long === name || short === name);
}

function nameOf({ long, short }: Option): string {
  return long ?? short ?? '';
}
