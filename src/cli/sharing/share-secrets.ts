import { resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { describe } from '../../core/storage/atomic-file.js';
import { largestRecordBytes, readNow } from '../../core/storage/regular-file.js';
import type { Context } from '../program/context.js';

export interface SecretSources {
  /** The address of the database; `-` for the first line of standard input. */
  readonly url?: string;
  /** A file with the recovery phrase; `-` for what is left of standard input. */
  readonly keyFile?: string;
}

/** The secrets of one command line; each is asked for on a terminal where no option says where it is. */
interface ShareSecrets {
  address(): Promise<Secret>;
  phrase(): Promise<Secret>;
}

/** Asked for in this order, because both can come from standard input. */
export function shareSecrets(context: Context, { url, keyFile }: SecretSources): ShareSecrets {
  let lines: Promise<string[]> | undefined;
  async function fromInput(count: number): Promise<string> {
    lines ??= readLines(context);
    return (await lines).splice(0, count).join('\n').trim();
  }
  return {
    async address() {
      if (url === '-') return given(await fromInput(1), 'standard input has no address of a database');
      if (url !== undefined) return new Secret(url);
      return ask(context, 'Address of the database', 'name the address, or use - and write it to standard input');
    },
    async phrase() {
      if (keyFile === '-')
        return given(await fromInput(Number.POSITIVE_INFINITY), 'standard input has no recovery phrase');
      if (keyFile !== undefined) return given(readSmallFile(context, keyFile), `${keyFile} is empty`);
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

function readSmallFile({ machine }: Context, path: string): string {
  try {
    return readNow(resolve(machine.cwd, path), largestRecordBytes).toString('utf8').trim();
  } catch (error) {
    const hint = 'check the name and the permissions';
    throw new AppError('usage', `cannot read ${path}: ${describe(error)}`, { hint });
  }
}

async function readLines({ io, signal }: Context): Promise<string[]> {
  if (io.stdin.isTTY === true) {
    throw new AppError('usage', '- reads standard input, which is a terminal here', {
      hint: 'leave it out to be asked',
    });
  }
  let text = '';
  for await (const part of io.stdin) {
    if (signal.aborted) throw new AppError('interrupted', 'interrupted');
    text += Buffer.from(part).toString('utf8');
    if (text.length > largestRecordBytes) {
      throw new AppError('usage', 'standard input is too long for an address and a phrase', {
        hint: 'codex-auth share --help',
      });
    }
  }
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

const perLine = 4;
const width = 15;

/** The words of a recovery phrase with their numbers, four to a line, to be written down. */
export function phraseLines(phrase: string): string {
  const words = phrase.split(' ').map((word, position) => `${String(position + 1).padStart(2)} ${word}`.padEnd(width));
  const lines = words.flatMap((_, position) =>
    position % perLine === 0
      ? [
          `  ${words
            .slice(position, position + perLine)
            .join('')
            .trimEnd()}\n`,
        ]
      : [],
  );
  return lines.join('');
}
