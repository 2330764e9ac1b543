import { readEnvironment } from '../core/environment.js';
import { openSession } from '../core/session/open-session.js';
import { type Listener, type Session, silent } from '../core/session/session.js';
import type { Browser } from './browser.js';
import { createIo, type Io } from './io.js';
import type { Machine } from './machine.js';
import type { GlobalOptions } from './options.js';
import { isAnimated, startProgress } from './progress.js';
import type { Prompter } from './prompter.js';

/** A session with a person in front of it. */
export interface Context extends Session {
  /** The terminal: whether somebody can answer, and how wide and colourful it is. */
  readonly io: Io;
  /** For the few commands that are about this process or the system. */
  readonly machine: Machine;
  /** As given on the command line, for what is only about showing. */
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
  const io = createIo(machine.streams, environment, {
    color: options.color,
    // A program that reads JSON cannot answer.
    input: options.input && options.json !== true && machine.neverAsks !== true,
    mask: options.mask === true,
    plain: options.plain === true,
  });
  const warnings: string[] = [];
  const isTold = options.json !== true;
  const isShown = isAnimated(options, environment);
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
  const prompter = async () => (await import('./prompter.js')).createPrompter(io, machine.signal);
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
    browser: async () => (await import('./browser.js')).createBrowser(environment),
  };
}
