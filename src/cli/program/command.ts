import type * as z from 'zod/mini';
import { printableIn } from '../../core/printable.js';
import type { Theme } from '../render/theme.js';
import type { Style } from '../terminal/io.js';
import { wrapText } from '../terminal/wrap-text.js';
import type { Context } from './context.js';
import type { ExitCode } from './exit-codes.js';
import type { GlobalOptions } from './options.js';

/** One subcommand: what it promises as JSON, what it does, and how a person reads it. */
export interface Command<Options, Result, Document = Result> {
  /** The name in `codex-auth.<name>/1`. */
  readonly name: string;
  /** The published shape of `data`; a test validates every command's real output against it. */
  readonly schema: z.ZodMiniType<Document>;
  readonly run: (context: Context, options: Options) => Promise<Result>;
  /** `data` from the result, where it is costly and only wanted as JSON; absent: the result itself. */
  readonly document?: (result: Result) => Document;
  /**
   * Makes printable what `render` does not make so itself, for a result that is a long list. Absent: everything in the
   * result is made printable before it is rendered.
   */
  readonly printable?: (result: Result) => Result;
  /**
   * The text for stdout, with its final newline; an empty string prints nothing. The options say how much of it is
   * wanted.
   */
  readonly render: (result: Result, theme: Theme, options?: Options) => string;
  /** The same as rows for a spreadsheet; what `--csv` prints. */
  readonly renderCsv?: (result: Result) => string;
  /** A program, such as a shell, reads what it prints; command lines in it keep the name `codex-auth`. */
  readonly printsCode?: true;
  /** Whether it first takes over what other machines know, where logins are shared with them. */
  readonly exchanges?: (options: Options) => boolean;
  /**
   * The command itself tells what is wrong with an environment that names no place for files, and writes nothing then.
   */
  readonly looksAnywhere?: true;
  /** Ctrl-C is how the command ends: it heeds the signal itself and returns its result, instead of being cut off. */
  readonly endsOnSignal?: true;
  /**
   * For a command that goes on until the signal ends it: its results one by one, each printed as it comes, as JSON on
   * one line. Undefined where the options ask for one result only, which `run` then gives.
   */
  readonly follow?: (context: Context, options: Options) => AsyncIterable<Result> | undefined;
  /**
   * The exit status of another program that had the terminal and has said everything: nothing of ours is printed.
   * Undefined where there was none.
   */
  readonly passesOn?: (result: Result) => number | undefined;
  /** Absent for commands that are done when they return. */
  readonly exitCode?: (result: Result) => ExitCode;
  /** For commands that use fewer exit codes than the table. */
  readonly failureExitCode?: (code: ExitCode) => ExitCode;
}

export type Execute = <Options, Result, Document>(
  load: () => Promise<Command<Options, Result, Document>>,
  options: Options,
  globalOptions: GlobalOptions,
) => Promise<void>;

/**
 * The same with the options that every command takes. The command tree calls it when commander has parsed the command
 * line. An option that was not given is undefined for commander, and absent for the command.
 */
export type Run = <Options extends object, Result, Document>(
  load: () => Promise<Command<Options, Result, Document>>,
  options: { readonly [Name in keyof Options]: Options[Name] | undefined },
) => Promise<void>;

export async function renderText<Options, Result, Document>(
  command: Command<Options, Result, Document>,
  result: Result,
  { clock }: Pick<Context, 'clock'>,
  { style, options }: { readonly style: Style; readonly options: Options },
): Promise<string> {
  const { createTheme } = await import('../render/theme.js');
  // A program reads what `printsCode` prints, so that it stays as it is. Else what came from outside is made harmless
  // before it is coloured.
  const shown = command.printsCode === true ? result : (command.printable ?? printableIn)(result);
  const text = command.render(shown, createTheme(style, clock.now()), options);
  return style.isTerminal && command.printsCode !== true ? wrapText(text, style.width) : text;
}
