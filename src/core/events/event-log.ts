import { makePrivateDirectory, readVersion, replaceFile } from '../storage/atomic-file.js';
import { withLock } from '../storage/file-lock.js';
import { appendNow } from '../storage/regular-file.js';
import type { Root } from '../storage/root.js';
import { type AccountEvent, eventIn } from './event.js';

/** Some 2,000 events: years of a few accounts. */
export const maxEventLogBytes = 512 * 1024;

const logWaitMs = 10_000;

/**
 * Adds events to the log of the root, which keeps its newest half when it is full. An event that is in it already is not
 * added again. Takes the `store` lock. Throws `lock-busy`, `storage-unreadable` or `storage-write-failed`.
 */
export async function keepEvents(root: Root, events: readonly AccountEvent[], signal?: AbortSignal): Promise<void> {
  if (events.length === 0) return;
  makePrivateDirectory(root.paths.root);
  const { clock, processes, paths, onWaiting } = root;
  const options = { directory: paths.locks, clock, processes, onWaiting, waitMs: logWaitMs, signal };
  await withLock('store', options, () => appendEvents(root, events));
}

/** The same for whoever holds the `store` lock already. */
export function appendEvents(root: Root, events: readonly AccountEvent[]): void {
  const path = root.paths.events;
  const version = readVersion(path);
  const content = version.kind === 'absent' ? '' : version.content;
  const added = events.filter(({ id }) => !content.includes(`"${id}"`)).map((event) => JSON.stringify(event));
  if (added.length === 0) return;
  const isFull = sizeOf([content, ...added]) > maxEventLogBytes;
  if (content !== '' && !isFull) {
    // A crash may have cut off the last line; the next one must not end up in it.
    appendNow(path, `${content.endsWith('\n') ? '' : '\n'}${added.join('\n')}\n`);
    return;
  }
  const lines = [...content.split('\n').filter((line) => line !== ''), ...added];
  replaceFile({ path, content: `${(isFull ? newest(lines) : lines).join('\n')}\n` }, root.processes);
}

/** What happened, the oldest first. Lines that are none of ours are passed over. Throws `storage-unreadable`. */
export function readEvents({ paths }: Pick<Root, 'paths'>): AccountEvent[] {
  const version = readVersion(paths.events);
  if (version.kind === 'absent') return [];
  return version.content.split('\n').flatMap((line) => eventIn(parse(line)) ?? []);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A torn line, or none of ours.
    return undefined;
  }
}

/** As many of the last lines as half of the bound has room for. */
function newest(lines: readonly string[]): string[] {
  let room = maxEventLogBytes / 2;
  const first = lines.findLastIndex((line) => {
    room -= sizeOf([line]);
    return room < 0;
  });
  return lines.slice(first + 1);
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
