import { definedOnly } from '../defined-only.js';
import { readHead } from '../storage/regular-file.js';
import { threadIdIn } from './sessions.js';

/** A conversation of the official client, as the beginning of its file tells. Everything but the id may be unknown. */
export interface Thread {
  readonly id: string;
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly cwd?: string;
  /** What the person said first. */
  readonly firstWords?: string;
  /** Whose it is: the client lists a conversation for this account only. */
  readonly userId?: string;
  readonly accountId?: string;
  /** Another conversation started this one to have a task done. */
  readonly isTask: boolean;
}

/** The first line and those up to the first words hold instructions. They mostly fit into the shorter length. */
const headLengths = [48 * 1024, 256 * 1024] as const;

/**
 * Reads the beginning of a file and changes nothing. Of a file that is compressed, cut short or of another kind, only
 * the id in its name is known.
 */
export function readThread(path: string): Thread {
  const short = headOf(path, headLengths[0]);
  const meta = lineAt(short, 0);
  if (!meta.includes('"session_meta"')) return { id: threadIdIn(path), path, isTask: false };
  const startedAt = Date.parse(textOf(meta, 'timestamp') ?? '');
  const mayGoOn = short.length === headLengths[0];
  return definedOnly({
    ...{ id: threadIdIn(path), path },
    startedAt: Number.isNaN(startedAt) ? undefined : startedAt,
    cwd: textOf(meta, 'cwd'),
    userId: textOf(meta, 'creator_user_id'),
    accountId: textOf(meta, 'creator_account_id'),
    firstWords: firstWordsIn(short) ?? (mayGoOn ? firstWordsIn(headOf(path, headLengths[1])) : undefined),
    isTask: /"source":\{/.test(meta) || /"thread_source":"subagent"/.test(meta),
  });
}

function headOf(path: string, length: number): Buffer {
  if (path.endsWith('.zst')) return Buffer.alloc(0);
  try {
    return readHead(path, length);
  } catch {
    // The file has gone meanwhile, or is closed to us.
    return Buffer.alloc(0);
  }
}

/** The line around a byte, as far as it was read. */
function lineAt(head: Buffer, at: number): string {
  const start = at === 0 ? 0 : head.lastIndexOf('\n', at) + 1;
  const end = head.indexOf('\n', at);
  return head.toString('utf8', start, end < 0 ? undefined : end);
}

/** The text of the first member of that name. The line may be cut short; the members we look for come early in it. */
function textOf(line: string, name: string): string | undefined {
  const [, quoted] = new RegExp(`"${name}":("(?:[^"\\\\]|\\\\.)*")`).exec(line) ?? [];
  return quoted === undefined ? undefined : parsed(quoted);
}

/** What marks a message of the person: as 0.171.0 writes it, and as earlier versions did. */
const marks = ['"UserMessage"', '"type":"user_message"'];

function firstWordsIn(head: Buffer): string | undefined {
  const at = marks.map((mark) => head.indexOf(mark)).find((found) => found > 0);
  if (at === undefined) return undefined;
  const line = lineAt(head, at);
  const words = textOf(line, 'text') ?? textOf(line, 'message');
  return words?.replace(/\s+/g, ' ').trim().slice(0, longestWords);
}

const longestWords = 200;

function parsed(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // It holds a control character, which JSON does not allow: the client has not written this line.
    return undefined;
  }
}
