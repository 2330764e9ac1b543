import { readEnvironment } from '../../core/environment.js';
import { openSession } from '../../core/session/open-session.js';
import { type Listener, type Session, silent } from '../../core/session/session.js';
import type { Browser } from '../terminal/browser.js';
import { createIo, type Io } from '../terminal/io.js';
import { startProgress } from '../terminal/progress.js';
import type { Prompter } from '../terminal/prompter.js';
import type { Machine } from './machine.js';
import type { GlobalOptions } from './options.js';

/** A session with a person in front of it. */
export interface Context extends Session {
  /** The terminal: whether somebody can answer, and how wide and colourful it is. */
  readonly io: Io;
  /** For the few commands that are about this process or the system. */
  readonly machine: Machine;
  /** The global options as given, for those that are only about showing. */
  readonly options: GlobalOptions;
  /** All that was warned of, for `warnings` in JSON. */
  readonly warnings: readonly string[];
  /** Questions; loaded with the first one. */
  prompter(): Promise<Prompter>;
  /** The person's browser, for signing in. */
  browser(): Promise<Browser>;
}

/** Throws `usage` where the environment names no place for files, unless the command only looks and `anywhere` says so. */
export function createContext(machine: Machine, options: GlobalOptions, { anywhere = false } = {}): Context {
  const environment = readEnvironment(machine.variables);
  const input = options.input && machine.neverAsks !== true;
  const io = createIo(machine.streams, environment, { ...options, input });
  const warnings: string[] = [];
  const isTold = options.json !== true;
  // Whether anybody looks at a line that changes; where the terminal cannot take it back, `io.status` shows none.
  const isShown = isTold && environment.ci === undefined;
  const listener: Listener = {
    warn(message) {
      if (warnings.includes(message)) return;
      warnings.push(message);
      if (isTold) io.note(`warning: ${message}`);
    },
    note(message) {
      if (isTold) io.note(message);
    },
    status(message) {
      if (isShown) io.status(message);
    },
    progress: (what, total) => (isShown ? startProgress(machine.clock, io, what, total) : silent),
  };
  const prompter = async () => (await import('../terminal/prompter.js')).createPrompter(io, machine.signal);
  const consent = async (question: string, otherwise: string) => (await prompter()).consent(question, false, otherwise);
  return {
    ...openSession(
      machine,
      { ...options, anywhere },
      { ...listener, consent: () => (io.isInteractive ? consent : undefined) },
    ),
    io,
    machine,
    options,
    warnings,
    prompter,
    browser: async () => (await import('../terminal/browser.js')).createBrowser(environment),
  };
}
