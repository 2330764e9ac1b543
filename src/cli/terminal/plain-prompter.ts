import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import { Secret } from '../../core/secret.js';
import type { Io } from './io.js';
import type { Asking } from './prompter.js';

/** The width of the number before a choice. */
const numberWidth = 6;

/**
 * Questions for a screen reader, a Braille line, or a terminal that cannot be drawn on: a line each, choices by number, and
 * nothing is drawn twice.
 */
export function createPlainPrompter(io: Io, signal: AbortSignal): Asking {
  const shown = (text: string) => printable(io.shown(text));

  async function ask(question: string, { isHidden = false } = {}): Promise<string> {
    // With `terminal`, readline gets each key and writes it to `output`, which shows nothing here.
    const output = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : io.stderr;
    const lines = createInterface({ input: io.stdin, output, terminal: isHidden && io.stdin.isTTY });
    try {
      io.stderr.write(`${shown(question)} `);
      const closed = new Promise<never>((_, reject) => {
        const interrupted = () => reject(new AppError('interrupted', 'interrupted'));
        // An error is a terminal that has closed.
        lines.on('close', interrupted).on('error', interrupted);
      });
      return (await Promise.race([lines.question('', { signal }), closed])).trim();
    } catch (error) {
      if (error instanceof AppError || !signal.aborted) throw error;
      throw new AppError('interrupted', 'interrupted');
    } finally {
      lines.close();
      if (isHidden) io.stderr.write('\n');
    }
  }

  async function confirm(question: string, preset: boolean): Promise<boolean> {
    const answer = (await ask(`${question} (${preset ? 'Y/n' : 'y/N'})`)).toLowerCase();
    if (answer === '') return preset;
    return answer === 'y' || answer === 'yes';
  }

  async function choose(question: string, names: readonly string[], preset: number): Promise<number> {
    io.note(shown(question), ...names.map((name, position) => `  ${position + 1}. ${shown(name)}`));
    for (;;) {
      const answer = await ask(`Number, 1 to ${names.length} (${preset + 1}):`);
      const position = answer === '' ? preset : Number(answer) - 1;
      if (Number.isInteger(position) && position >= 0 && position < names.length) return position;
      io.note(`"${answer}" is not one of them.`);
    }
  }

  return {
    confirm,
    async select(question, choices) {
      const position = await choose(
        question,
        choices.map(({ name }) => name),
        0,
      );
      return valueAt(choices, position);
    },
    async find(question, choices, { start, linesFor }) {
      return valueAt(choices, await choose(question, linesFor(io.noteStyle.width - numberWidth), start));
    },
    input: (question) => ask(question),
    secret: async (question) => new Secret(await ask(`${question} (not shown)`, { isHidden: true })),
  };
}

export function valueAt<T>(choices: readonly { readonly value: T }[], position: number): T {
  const chosen = choices[position];
  if (chosen === undefined) throw new AppError('interrupted', 'nothing was chosen');
  return chosen.value;
}
