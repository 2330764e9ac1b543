import { jsonIn } from '../json-text.js';
import { makePrivateDirectory, readVersion } from '../storage/atomic-file.js';
import { appendLines } from '../storage/bounded-lines.js';
import { withLock } from '../storage/file-lock.js';
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

/** As {@link keepEvents}, for a caller that holds the `store` lock already. */
export function appendEvents({ paths, processes }: Root, events: readonly AccountEvent[]): void {
  const version = readVersion(paths.events);
  const known = version.kind === 'absent' ? '' : version.content;
  const added = events.filter(({ id }) => !known.includes(`"${id}"`)).map((event) => JSON.stringify(event));
  if (added.length > 0) appendLines(paths.events, added, { maxBytes: maxEventLogBytes, processes });
}

/** What happened, the oldest first. Lines that are no events are passed over. Throws `storage-unreadable`. */
export function readEvents({ paths }: Pick<Root, 'paths'>): AccountEvent[] {
  const version = readVersion(paths.events);
  if (version.kind === 'absent') return [];
  return version.content.split('\n').flatMap((line) => eventIn(jsonIn(line)) ?? []);
}
