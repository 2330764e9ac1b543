import { CommanderError } from '@commander-js/extra-typings';
import { readEnvironment } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { refusedRoot } from '../../core/storage/adoption.js';
import { askConsent } from '../terminal/ask-consent.js';
import { createIo, plainStyle } from '../terminal/io.js';
import { wrapText } from '../terminal/wrap-text.js';
import type { Program } from '../tree/program-base.js';
import { HandOver, runBareCommand } from './bare-command.js';
import { type Command, type Execute, renderText } from './command.js';
import { type Context, createContext } from './context.js';
import { type ExitCode, exitCodeByError } from './exit-codes.js';
import type { Machine } from './machine.js';
import { type GlobalOptions, hasFlag, type OutputOptions } from './options.js';
import { failureDocument, failureOf, failureText, noCommand, successDocument } from './output.js';
import { outputFile, writeOutputFile } from './output-file.js';
import { buildProgram } from './program.js';
import { namedCommand, usageError } from './usage-error.js';

/** The first word of what the scripts of `completion` ask; the rest is the line that a person is typing. */
const completionRequest = '__complete';

/** Runs one command line, without the program name. Never throws: every failure becomes an exit code and a message. */
export async function run(argv: readonly string[], machine: Machine): Promise<number> {
  const typed = argv[0] === 'auth' ? argv.slice(1) : argv;
  const words = spelledOut(typed);
  const io = createIo(machine.streams, readEnvironment(machine.variables), {
    color: !hasFlag(words, '--no-color'),
    input: false,
    mask: hasFlag(words, '--mask'),
    plain: hasFlag(words, '--plain'),
  });
  let exitCode = 0;
  let exitCodeOfFailure = (code: ExitCode) => code;

  const execute: Execute = async (load, options, globalOptions) => {
    const command = await load();
    exitCodeOfFailure = command.failureExitCode ?? exitCodeOfFailure;
    try {
      exitCode = await runCommand(command, options, globalOptions, machine);
    } catch (error) {
      if (!(error instanceof HandOver)) throw error;
      await error.follow(execute, globalOptions);
    }
  };
  const { version } = machine;
  const firstWord = commandIn(words);
  const program = buildProgram({ version, print: io.print, width: () => io.style.width, execute, firstWord });

  try {
    if (words[0] === completionRequest) {
      const { complete } = await import('../completion/complete.js');
      machine.streams.answers.write(complete(program, words.slice(1), machine));
      return 0;
    }
    const topic = await topicOf(program, typed, machine);
    if (topic !== undefined) {
      io.print(io.style.isTerminal ? wrapText(topic, io.style.width) : topic);
      return 0;
    }
    await parse(program, words, () => runBareCommand(machine, execute, program.opts()));
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const commandName = namedCommand(program, words);
    const failure = failureOf(error instanceof CommanderError ? usageError(error, words, program) : error);
    if (hasFlag(words, '--json')) io.print(failureDocument(commandName ?? noCommand, failure));
    else io.noteRendered(failureText(failure, io.noteStyle));
    return exitCodeOfFailure(failure.exitCode);
  }
}

/** The word that names the command. In a line that is being completed only where the cursor is behind that word. */
function commandIn([first, second, ...rest]: readonly string[]): string | undefined {
  return first === completionRequest && rest.length > 0 ? second : first;
}

/** Throws what commander says about the line. The program's name alone is no mistake: `runBare` or help answers it. */
async function parse(program: Program, words: readonly string[], runBare: () => Promise<void> | undefined) {
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const isBare = error instanceof CommanderError && error.code === 'commander.help' && program.args.length === 0;
    const running = isBare ? runBare() : undefined;
    if (running !== undefined) await running;
    else if (isBare && words.length === 0) program.outputHelp();
    else throw error;
  }
}

/**
 * Respells what commander knows in one spelling only. Its `help` takes one word only, and would show the group for
 * `help config set`; other tools have other ways to ask for the version.
 */
function spelledOut(words: readonly string[]): readonly string[] {
  const [first, ...path] = words;
  if (path.length === 0 && (first === 'version' || first === '-v')) return ['--version'];
  const isPath = path.length > 1 && path.every((word) => !word.startsWith('-'));
  return first === 'help' && isPath ? [...path, '--help'] : words;
}

/** `help` with words that name no command may name a section of the troubleshooting page. */
async function topicOf(program: Program, [help, ...words]: readonly string[], machine: Machine) {
  const isAsked = help === 'help' && words.length > 0 && !words.some((word) => word.startsWith('-'));
  if (!isAsked || namedCommand(program, words.slice(0, 1)) !== undefined) return undefined;
  const { helpTopic } = await import('./help-topic.js');
  return helpTopic(machine, words);
}

interface Call<Options, Result, Document> {
  readonly command: Command<Options, Result, Document>;
  readonly context: Context;
  readonly options: Options;
}

async function runCommand<Options, Result, Document>(
  command: Command<Options, Result, Document>,
  options: Options,
  globalOptions: GlobalOptions,
  machine: Machine,
): Promise<number> {
  const context = createContext(machine, globalOptions, { anywhere: command.looksAnywhere === true });
  const call = { command, context, options };
  try {
    const { csv, out } = options as OutputOptions;
    if (csv === true && globalOptions.json === true) {
      throw new AppError('usage', '--csv and --json exclude each other', { hint: 'use one of the two' });
    }
    const file = out === undefined ? undefined : outputFile(out, machine.cwd);
    if (command.exchanges?.(options) === true) {
      const { exchangeFirst } = await import('../../core/session/exchange-first.js');
      await exchangeFirst(context);
    }
    const results = command.follow?.(context, options);
    if (results !== undefined) return await showEach(call, results);
    const work = runAsked(call);
    const result = await (command.endsOnSignal === true ? work : untilInterrupted(work, context));
    const status = command.passesOn?.(result);
    if (status !== undefined) return status;
    await show(call, result, { csv: csv === true, file });
    return command.exitCode?.(result) ?? 0;
  } catch (error) {
    // The document of a failure has no member for warnings.
    if (globalOptions.json === true) for (const text of context.warnings) context.io.note(`warning: ${text}`);
    throw error;
  } finally {
    context.io.status();
    await context.close();
  }
}

/**
 * Two things are asked only once a command has met them: which account is meant by a name of several, and whether the
 * accounts are to be kept in a directory with other things in it. The command has written nothing by then, and begins
 * again.
 */
async function runAsked<Options, Result, Document>(call: Call<Options, Result, Document>): Promise<Result> {
  const { command, context, options } = call;
  try {
    return await command.run(context, options);
  } catch (error) {
    if (error instanceof AppError && error.code === 'ambiguous-selector' && context.io.isInteractive) {
      const { accountMeant } = await import('../choosing/pick-account.js');
      return runAsked({ ...call, options: { ...options, selector: await accountMeant(context, error) } });
    }
    const path = refusedRoot(error);
    if (path === undefined || !context.io.isInteractive) throw error;
    context.io.note(error instanceof Error ? error.message : '');
    const question = `Keep the accounts in ${path} all the same? Nobody but you can enter it then.`;
    await askConsent(context, { question, otherwise: 'nothing was written' });
    context.adoptRoot();
    return command.run(context, options);
  }
}

/**
 * Prints each result as it comes, until the signal ends that, or the person does at the screen that the command draws.
 */
async function showEach<Options, Result, Document>(
  { command, context, options }: Call<Options, Result, Document>,
  results: AsyncIterable<Result>,
): Promise<ExitCode> {
  const { io, warnings } = context;
  for await (const result of results) {
    if (context.options.json === true)
      io.print(successDocument(command.name, documentOf(command, result), warnings, 0));
    else io.print(await renderText(command, result, context, { style: io.style, options }));
  }
  // Without the signal it was the person at the screen who ended it.
  return context.signal.aborted ? exitCodeByError.interrupted : 0;
}

async function show<Options, Result, Document>(
  { command, context, options }: Call<Options, Result, Document>,
  result: Result,
  { csv, file }: { readonly csv: boolean; readonly file: string | undefined },
): Promise<void> {
  const { io, root, warnings } = context;
  const style = file === undefined ? io.style : plainStyle;
  const text =
    (csv ? command.renderCsv?.(result) : undefined) ??
    (context.options.json === true
      ? successDocument(command.name, documentOf(command, result), warnings)
      : await renderText(command, result, context, { style, options }));
  if (file !== undefined) writeOutputFile(file, io.masked(text), root.processes);
  else if (csv || command.printsCode === true) io.printCode(text);
  else io.print(text);
}

function documentOf<Options, Result, Document>(command: Command<Options, Result, Document>, result: Result) {
  return command.document?.(result) ?? result;
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
