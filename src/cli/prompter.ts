import confirm from '@inquirer/confirm';
import input from '@inquirer/input';
import select from '@inquirer/select';
import { AppError } from '../core/errors.js';
import type { Io } from './io.js';

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  readonly description?: string;
  /** Why it cannot be chosen. */
  readonly disabled?: string;
}

/** Questions to the person, asked on stderr. Ask only when `io.isInteractive`; every question has a flag. */
export interface Prompter {
  confirm(question: string, preset: boolean): Promise<boolean>;
  select<T>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  input(question: string): Promise<string>;
}

export function createPrompter(io: Io, signal: AbortSignal): Prompter {
  const streams = { input: io.stdin, output: io.stderr, signal };
  return {
    confirm: (question, preset) => answered(confirm({ message: io.shown(question), default: preset }, streams)),
    select: (question, choices) =>
      answered(
        select(
          {
            message: io.shown(question),
            choices: choices.map((choice) => ({ ...choice, name: io.shown(choice.name) })),
          },
          streams,
        ),
      ),
    input: (question) => answered(input({ message: io.shown(question) }, streams)),
  };
}

/** Ctrl-C at a question is the same as Ctrl-C anywhere else. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && /^(ExitPromptError|AbortPromptError)$/.test(error.name)) {
      throw new AppError('interrupted', 'interrupted');
    }
    throw error;
  }
}
