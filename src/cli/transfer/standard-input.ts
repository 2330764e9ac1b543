import { AppError } from '../../core/errors.js';
import { largestSourceBytes } from '../../core/transfer/read-logins.js';
import type { Context } from '../program/context.js';

/** All of standard input. Throws `usage` where it is a terminal, or longer than any file with logins. */
export async function readStandardInput({ io, signal }: Context): Promise<Buffer> {
  if (io.stdin.isTTY === true) {
    throw new AppError('usage', '- reads standard input, which is a terminal here', {
      hint: 'codex-auth import - < accounts.json',
    });
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of io.stdin) {
    if (signal.aborted) throw new AppError('interrupted', 'nothing was imported');
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > largestSourceBytes) {
      throw new AppError('usage', 'standard input is longer than any file with logins', {
        hint: 'name the file instead',
      });
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
