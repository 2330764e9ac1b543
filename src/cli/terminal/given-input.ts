import { resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { describe } from '../../core/storage/file-errors.js';
import { largestRecordBytes, readNow } from '../../core/storage/regular-file.js';
import type { Context } from '../program/context.js';

/** A small file that the person has named. Throws `usage` where it cannot be read. */
export function readSmallFile({ machine }: Context, path: string): string {
  try {
    return readNow(resolve(machine.cwd, path), largestRecordBytes).toString('utf8');
  } catch (error) {
    const hint = 'check the name and the permissions';
    throw new AppError('usage', `cannot read ${path}: ${describe(error)}`, { hint });
  }
}

interface InputRules {
  /** The hint where standard input is a terminal. */
  readonly otherwise: string;
  readonly mostBytes: number;
  readonly tooLong: string;
  /** The hint where the input is longer than `mostBytes`. */
  readonly hint: string;
  /** What is said after Ctrl-C. */
  readonly interrupted: string;
}

/** All of standard input, for `-`. Throws `usage` where it is a terminal, or longer than what is meant can be. */
export async function readStandardInput({ io, signal }: Context, rules: InputRules): Promise<Buffer> {
  if (io.stdin.isTTY === true) {
    const hint = rules.otherwise;
    throw new AppError('usage', '- reads standard input, which is a terminal here', { hint });
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of io.stdin) {
    if (signal.aborted) throw new AppError('interrupted', rules.interrupted);
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > rules.mostBytes) throw new AppError('usage', rules.tooLong, { hint: rules.hint });
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
