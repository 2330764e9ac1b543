import * as z from 'zod/mini';
import { jsonIn, parseJsonText } from '../json-text.js';
import { readTail } from '../storage/regular-file.js';

/**
 * How the last turn of a session ended, as its file says (0.171.0). `refused-content`: the client sends along what the
 * model has thought, encrypted by the provider, and the provider refuses what it encrypted for another account.
 */
export type TurnEnd = 'answered' | 'limit-reached' | 'refused-content' | 'failed' | 'unknown';

const TaskComplete = z.object({
  type: z.literal('event_msg'),
  payload: z.object({
    type: z.literal('task_complete'),
    error: z.nullish(z.object({ message: z.nullish(z.string()), codex_error_info: z.nullish(z.unknown()) })),
  }),
});

/** The last lines of a turn are short; what it has read and said comes before. */
const tailLength = 64 * 1024;

export function readTurnEnd(path: string): TurnEnd {
  const line = linesAtEnd(path, tailLength).findLast((each) => each.includes('"task_complete"'));
  if (line === undefined) return 'unknown';
  const event = TaskComplete.safeParse(jsonIn(line, parseJsonText));
  if (!event.success) return 'unknown';
  const { error } = event.data.payload;
  if (error === undefined || error === null) return 'answered';
  if (error.codex_error_info === 'usage_limit_exceeded') return 'limit-reached';
  return error.message?.includes('invalid_encrypted_content') === true ? 'refused-content' : 'failed';
}

const Message = z.object({
  payload: z.object({
    type: z.literal('item_completed'),
    item: z.object({
      type: z.enum(['UserMessage', 'AgentMessage']),
      content: z.array(z.object({ text: z.exactOptional(z.string()) })),
    }),
  }),
});

export interface SpokenWords {
  readonly isPerson: boolean;
  readonly text: string;
}

/** What was said lately in a session, oldest first; a file that cannot be read has nothing to tell. */
export function readLatestWords(path: string): SpokenWords[] {
  return linesAtEnd(path, 1024 * 1024).flatMap((line) => {
    const message = line.includes('"item_completed"') ? Message.safeParse(jsonIn(line, parseJsonText)).data : undefined;
    if (message === undefined) return [];
    const { type, content } = message.payload.item;
    return [{ isPerson: type === 'UserMessage', text: content.map(({ text = '' }) => text).join('') }];
  });
}

function linesAtEnd(path: string, length: number): string[] {
  if (path.endsWith('.zst')) return [];
  try {
    return readTail(path, length).toString('utf8').split('\n');
  } catch {
    // The file has gone meanwhile, or is closed to us.
    return [];
  }
}
