import { AppError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { largestRecordBytes } from '../../core/storage/regular-file.js';
import type { Context } from '../program/context.js';
import { readSmallFile, readStandardInput } from '../terminal/given-input.js';

export interface SecretSources {
  /** The address of the database; `-` for the first line of standard input. */
  readonly url?: string;
  /** A file with the recovery phrase; `-` for what is left of standard input. */
  readonly keyFile?: string;
}

/**
 * The secrets of one command line; each is asked for on a terminal where no option says where it is. The address first,
 * because both can come from standard input.
 */
export function shareSecrets(context: Context, { url, keyFile }: SecretSources) {
  let input: Promise<Buffer> | undefined;
  let lines: string[] | undefined;
  async function fromInput(count: number): Promise<string> {
    input ??= readStandardInput(context, {
      otherwise: 'leave it out to be asked',
      mostBytes: largestRecordBytes,
      tooLong: 'standard input is too long for an address and a phrase',
      hint: 'codex-auth share --help',
      interrupted: 'interrupted',
    });
    const text = (await input).toString('utf8');
    lines ??= text.split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.splice(0, count).join('\n').trim();
  }
  return {
    async address(): Promise<Secret> {
      if (url === '-') return given(await fromInput(1), 'standard input has no address of a database');
      if (url !== undefined) return new Secret(url);
      return ask(context, 'Address of the database', 'name the address, or use - and write it to standard input');
    },
    async phrase(): Promise<Secret> {
      if (keyFile === '-')
        return given(await fromInput(Number.POSITIVE_INFINITY), 'standard input has no recovery phrase');
      if (keyFile !== undefined) return given(readSmallFile(context, keyFile).trim(), `${keyFile} is empty`);
      return ask(context, 'Recovery phrase', 'add --key-file <file>, or --key-file - and write it to standard input');
    },
  };
}

function given(text: string, otherwise: string): Secret {
  if (text !== '') return new Secret(text);
  throw new AppError('usage', otherwise, { hint: 'codex-auth share --help' });
}

async function ask(context: Context, question: string, hint: string): Promise<Secret> {
  if (!context.io.isInteractive) {
    throw new AppError('usage', `there is nobody to ask for the ${question.toLowerCase()}`, { hint });
  }
  const answer = await (await context.prompter()).secret(question);
  return given(answer.reveal().trim(), 'nothing was typed');
}

const perLine = 4;
const width = 15;

/** The words of a recovery phrase with their numbers, four to a line, to be written down. */
export function phraseLines(phrase: string): string {
  const words = phrase.split(' ').map((word, position) => `${String(position + 1).padStart(2)} ${word}`.padEnd(width));
  const starts = words.flatMap((_, position) => (position % perLine === 0 ? [position] : []));
  return starts
    .map(
      (start) =>
        `  ${words
          .slice(start, start + perLine)
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}
