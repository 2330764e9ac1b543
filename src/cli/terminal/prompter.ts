import type { Key } from 'node:readline';
import confirm from '@inquirer/confirm';
import input from '@inquirer/input';
import select from '@inquirer/select';
import { AppError } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import { Secret } from '../../core/secret.js';
import { createTheme } from '../render/theme.js';
import { type Entry, filterPrompt } from './filter-prompt.js';
import type { Io } from './io.js';
import { createPlainPrompter, valueAt } from './plain-prompter.js';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  readonly description?: string;
}

/** Questions to the person, asked on stderr. Ask only when `io.isInteractive`; every question has a flag. */
export interface Prompter {
  confirm(question: string, preset: boolean): Promise<boolean>;
  /** Asks before a command does something; on a no it throws `declined` with what was not done. */
  consent(question: string, preset: boolean, otherwise: string): Promise<void>;
  select<T>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** One of many, which a person finds by typing a part of it. */
  find<T>(question: string, choices: readonly Findable<T>[], options: FindOptions): Promise<T>;
  input(question: string): Promise<string>;
  /** What is typed is not shown. */
  secret(question: string): Promise<Secret>;
}

export interface Findable<T> extends Entry {
  readonly value: T;
}

export interface FindOptions {
  /** Which of the choices is offered first. */
  readonly start: number;
  /** A line for each of them, in so many columns. */
  readonly linesFor: (columns: number) => readonly string[];
}

export function createPrompter(io: Io, signal: AbortSignal): Prompter {
  const asking = io.noteStyle.canRewrite ? createDrawnPrompter(io, signal) : createPlainPrompter(io, signal);
  return {
    ...asking,
    async consent(question, preset, otherwise) {
      if (!(await asking.confirm(question, preset))) throw new AppError('declined', otherwise);
    },
  };
}

export type Asking = Omit<Prompter, 'consent'>;

function createDrawnPrompter(io: Io, signal: AbortSignal): Asking {
  const answered = <T>(ask: Ask<T>) => answerOf(ask, io, signal);
  const theme = themeFor(io);
  const shown = (text: string) => printable(io.shown(text));
  return {
    confirm: (question, preset) =>
      answered((streams) => confirm({ message: shown(question), default: preset, theme }, streams)),
    select: (question, choices) =>
      answered((streams) =>
        select(
          {
            message: shown(question),
            choices: choices.map(({ name, ...choice }) => ({ ...choice, name: shown(name) })),
            pageSize: rowsFor(io),
            loop: false,
            theme,
          },
          streams,
        ),
      ),
    find: async (question, choices, { start, linesFor }) => {
      const chosen = await answered((streams) =>
        filterPrompt(
          {
            message: shown(question),
            entries: choices.map(({ short, ...choice }) => ({ ...choice, short: shown(short) })),
            start,
            pageSize: rowsFor(io),
            help: findHelp,
            linesNow: () => linesFor((io.stderr.columns || io.noteStyle.width) - marginWidth).map(shown),
            onResize(listener) {
              io.stderr.on('resize', listener);
              return () => io.stderr.off('resize', listener);
            },
            theme,
          },
          streams,
        ),
      );
      return valueAt(choices, chosen);
    },
    input: (question) => answered((streams) => input({ message: shown(question), theme }, streams)),
    async secret(question) {
      const transformer = (typed: string) => '*'.repeat(typed.length);
      return new Secret(await answered((streams) => input({ message: shown(question), theme, transformer }, streams)));
    },
  };
}

/** The library decides about colour by the environment only, and does not know `--no-color` and our other rules. */
function themeFor({ noteStyle }: Io) {
  const { color, symbols } = createTheme(noteStyle, 0);
  return {
    prefix: { idle: color.blue('?'), done: color.green(symbols.ok) },
    icon: { cursor: symbols.selected },
    style: {
      answer: (text: string) => color.cyan(text),
      message: (text: string) => color.bold(text),
      defaultAnswer: (text: string) => color.dim(`(${text})`),
      error: (text: string) => color.red(`> ${text}`),
      help: (text: string) => color.dim(text),
      highlight: (text: string) => color.cyan(text),
      description: (text: string) => color.cyan(text),
      keysHelpTip: () => color.dim(selectHelp),
    },
  };
}

/** The height of a terminal that does not report one. */
const defaultRows = 24;

/** The question, its help, what was on the screen before, and room for names that take two lines. */
const rowsAround = 8;
const fewestShown = 4;

function rowsFor({ stderr }: Io): number {
  return Math.max(fewestShown, (stderr.rows || defaultRows) - rowsAround);
}

/** What the prompt puts before a choice, and a last column that stays empty. */
const marginWidth = 3;

const findHelp = 'Type to find, Up and Down to move, Enter to choose, Ctrl-C to leave';

const selectHelp = 'Up and Down to move, Enter to choose, Ctrl-C to leave';

interface PromptStreams {
  readonly input: Io['stdin'];
  readonly output: Io['stderr'];
  readonly signal: AbortSignal;
}

type Ask<T> = (streams: PromptStreams) => Promise<T>;

/**
 * Asks, and throws `interrupted` for Ctrl-C and at the end of the input. The library does not notice that end, so that
 * its promise would never settle: its reader only pauses the input. It also does so when a job goes on after Ctrl-Z;
 * then the question is asked again.
 */
async function answerOf<T>(
  ask: Ask<T>,
  { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<T> {
  const stopping = new AbortController();
  let isSuspended = false;
  const onKey = (_text: string | undefined, { ctrl, name }: Key) => {
    isSuspended ||= ctrl === true && name === 'z';
  };
  const onPause = () => stopping.abort();
  stdin.on('keypress', onKey).on('pause', onPause);
  try {
    const heard = stdin.listeners('error');
    const answer = ask({ input: stdin, output: stderr, signal: AbortSignal.any([signal, stopping.signal]) });
    // The library's reader emits the error of a closed terminal again, and without a listener that ends the process.
    for (const listener of stdin.listeners('error'))
      if (!heard.includes(listener)) stdin.off('error', listener as () => void);
    return await answer;
  } catch (error) {
    const isLeft = error instanceof Error && /^(ExitPromptError|AbortPromptError)$/.test(error.name);
    if (!isLeft) throw error;
    if (signal.aborted || !isSuspended) throw new AppError('interrupted', 'interrupted');
  } finally {
    stdin.off('keypress', onKey).off('pause', onPause);
  }
  return answerOf(ask, { stdin, stderr }, signal);
}
