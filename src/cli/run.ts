import { CommanderError } from '@commander-js/extra-typings';
import { readEnvironment } from '../core/environment.js';
import { AppError } from '../core/errors.js';
import type { Command } from './command.js';
import { type Context, createContext } from './context.js';
import type { ExitCode } from './exit-codes.js';
import { createIo, plainStyle } from './io.js';
import type { Machine } from './machine.js';
import { type GlobalOptions, hasFlag, type OutputOptions } from './options.js';
import { failureDocument, failureOf, failureText, successDocument } from './output.js';
import { outputFile, writeOutputFile } from './output-file.js';
import { buildProgram } from './program.js';
import { namedCommand, usageError } from './usage-error.js';

/** Runs one command line, without the program name. Never throws: every failure becomes an exit code and a message. */
export async function run(argv: readonly string[], machine: Machine): Promise<ExitCode> {
  const words = helpOfMember(argv[0] === 'auth' ? argv.slice(1) : argv);
  const io = createIo(machine.streams, readEnvironment(machine.variables), {
    color: !hasFlag(words, '--no-color'),
    input: false,
    mask: hasFlag(words, '--mask'),
  });
  let exitCode: ExitCode = 0;
  let exitCodeOfFailure = (code: ExitCode) => code;

  const program = buildProgram({
    version: machine.version,
    print: io.print,
    width: io.style.width,
    async execute(load, options, globalOptions) {
      const command = await load();
      exitCodeOfFailure = command.failureExitCode ?? exitCodeOfFailure;
      exitCode = await runCommand(command, options, globalOptions, machine);
    },
  });

  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const commandName = namedCommand(program, words);
    const failure = failureOf(error instanceof CommanderError ? usageError(error, words, commandName) : error);
    if (hasFlag(words, '--json')) io.print(failureDocument(commandName ?? 'error', failure));
    else io.note(failureText(failure, io.noteStyle));
    return exitCodeOfFailure(failure.exitCode);
  }
}

/** commander's `help` takes one word only, and would show the group for `help config set`. */
function helpOfMember(words: readonly string[]): readonly string[] {
  const [help, ...path] = words;
  const isPath = path.length > 1 && path.every((word) => !word.startsWith('-'));
  return help === 'help' && isPath ? [...path, '--help'] : words;
}

async function runCommand<Options, Result>(
  command: Command<Options, Result>,
  options: Options,
  globalOptions: GlobalOptions,
  machine: Machine,
): Promise<ExitCode> {
  const context = createContext(machine, globalOptions);
  try {
    const { csv, out } = options as OutputOptions;
    if (csv === true && globalOptions.json === true) {
      throw new AppError('usage', '--csv and --json exclude each other', { hint: 'use one of the two' });
    }
    const file = out === undefined ? undefined : outputFile(out, machine.cwd);
    const result = await untilInterrupted(command.run(context, options), context);
    await show(command, result, context, { csv: csv === true, file });
    return command.exitCode?.(result) ?? 0;
  } catch (error) {
    // The document of a failure has no room for them.
    if (globalOptions.json === true) for (const text of context.warnings) context.io.note(`warning: ${text}\n`);
    throw error;
  } finally {
    context.io.status();
    await context.close();
  }
}

interface Destination {
  readonly csv: boolean;
  /** Absent for the terminal. */
  readonly file: string | undefined;
}

async function show<Options, Result>(
  command: Command<Options, Result>,
  result: Result,
  context: Context,
  destination: Destination,
): Promise<void> {
  const text = await textOf(command, result, context, destination);
  if (destination.file === undefined) context.io.print(text);
  else writeOutputFile(destination.file, context.io.shown(text), context.root.processes);
}

async function textOf<Options, Result>(
  command: Command<Options, Result>,
  result: Result,
  context: Context,
  { csv, file }: Destination,
): Promise<string> {
  if (csv && command.renderCsv !== undefined) return command.renderCsv(result);
  if (context.options.json === true) return successDocument(command.name, result, context.warnings);
  const { createTheme } = await import('./render/theme.js');
  const style = file === undefined ? context.io.style : plainStyle;
  return command.render(result, createTheme(style, context.clock.now()));
}

/** Ctrl-C ends a command wherever it is; what must not be cut off is waited for by `context.close()`. */
function untilInterrupted<T>(work: Promise<T>, context: Context): Promise<T> {
  const { signal } = context;
  return new Promise((resolve, reject) => {
    const interrupt = () => reject(new AppError('interrupted', 'interrupted'));
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', interrupt));
  });
}
