import { CommanderError } from '@commander-js/extra-typings';
import { readEnvironment } from '../core/environment.js';
import { AppError } from '../core/errors.js';
import type { Command } from './command.js';
import { type Context, createContext } from './context.js';
import type { ExitCode } from './exit-codes.js';
import { createIo } from './io.js';
import type { Machine } from './machine.js';
import { asksForJson, type GlobalOptions } from './options.js';
import { failureDocument, failureOf, failureText, successDocument } from './output.js';
import { buildProgram } from './program.js';

/** Runs one command line, without the program name. Never throws: every failure becomes an exit code and a message. */
export async function run(argv: readonly string[], machine: Machine): Promise<ExitCode> {
  const words = argv[0] === 'auth' ? argv.slice(1) : argv;
  const wantsJson = asksForJson(words);
  const io = createIo(machine.streams, readEnvironment(machine.variables), { color: true, input: false });
  let commandName = 'codex-auth';
  let exitCode: ExitCode = 0;

  const program = buildProgram({
    version: machine.version,
    print: io.print,
    width: io.style.width,
    async execute(load, options, globalOptions) {
      const command = await load();
      commandName = command.name;
      exitCode = await runCommand(command, options, globalOptions, machine);
    },
  });

  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = failureOf(error instanceof CommanderError ? usageError(error) : error);
    if (wantsJson) io.print(failureDocument(commandName, failure));
    else io.note(failureText(failure, io.noteStyle));
    return failure.exitCode;
  }
}

async function runCommand<Options, Result>(
  command: Command<Options, Result>,
  options: Options,
  globalOptions: GlobalOptions,
  machine: Machine,
): Promise<ExitCode> {
  const context = createContext(machine, globalOptions);
  try {
    const result = await untilInterrupted(command.run(context, options), context);
    await show(command, result, context);
    return command.exitCode?.(result) ?? 0;
  } finally {
    await context.close();
  }
}

async function show<Options, Result>(command: Command<Options, Result>, result: Result, context: Context) {
  if (context.options.json === true) {
    context.io.print(successDocument(command.name, result, context.warnings));
    return;
  }
  const { createTheme } = await import('./render/theme.js');
  context.io.print(command.render(result, createTheme(context.io.style, context.clock.now())));
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

/** commander's message, without its prefix and with its "did you mean" as our hint. */
function usageError(error: CommanderError): AppError {
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '');
  return new AppError('usage', message, { hint: suggestion === '' ? 'codex-auth --help' : suggestion });
}
