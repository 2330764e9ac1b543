import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Rollout {
  readonly id: string;
  readonly userId?: string;
  readonly accountId?: string;
  readonly cwd?: string;
  readonly firstWords?: string;
  readonly source?: unknown;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Default: the one of client 0.171.0. */
  readonly ending?: '.jsonl' | '.jsonl.zst';
  /** Instead of what the client writes. */
  readonly content?: string;
}

/** A conversation as the official client 0.171.0 keeps it, as far as this program reads it. */
export function writeRollout(codexHome: string, rollout: Rollout): string {
  const { id, writtenAt, ending = '.jsonl', content = linesOf(rollout) } = rollout;
  const day = join(codexHome, 'sessions', '2046', '11', '30');
  mkdirSync(day, { recursive: true });
  const path = join(day, `rollout-2046-11-30T10-00-00-${id}${ending}`);
  writeFileSync(path, content);
  utimesSync(path, writtenAt / 1000, writtenAt / 1000);
  return path;
}

export function linesOf({ id, userId, accountId, cwd = '/work', firstWords, source = 'exec', writtenAt }: Rollout) {
  const timestamp = new Date(writtenAt).toISOString();
  const meta = {
    ...{ account_scoped: true, creator_user_id: userId, creator_account_id: accountId },
    ...{ session_id: id, id, timestamp, cwd, originator: 'codex_exec', source, thread_source: 'user' },
    base_instructions: { text: 'x'.repeat(30_000) },
  };
  const item = { type: 'UserMessage', id: 'i', content: [{ type: 'text', text: firstWords, text_elements: [] }] };
  const lines: unknown[] = [
    { timestamp, ordinal: 0, type: 'session_meta', payload: meta },
    { timestamp, ordinal: 1, type: 'event_msg', payload: { type: 'task_started', turn_id: 't' } },
  ];
  if (firstWords !== undefined) lines.push({ timestamp, ordinal: 2, type: 'event_msg', payload: { item } });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
