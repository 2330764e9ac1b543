import { readVersion, replaceFile } from './atomic-file.js';
import type { ProcessTable } from './process-table.js';
import { appendNow } from './regular-file.js';

/**
 * Adds lines to a text file that keeps its newest half when it is full. For one writer at a time. Throws
 * `storage-unreadable` or `storage-write-failed`.
 */
export function appendLines(
  path: string,
  added: readonly string[],
  { maxBytes, processes }: { readonly maxBytes: number; readonly processes: ProcessTable },
): void {
  const version = readVersion(path);
  const content = version.kind === 'absent' ? '' : version.content;
  const isFull = sizeOf([content, ...added]) > maxBytes;
  if (content !== '' && !isFull) {
    // A crash may have cut off the last line; the next one must not end up in it.
    appendNow(path, `${content.endsWith('\n') ? '' : '\n'}${added.join('\n')}\n`);
    return;
  }
  const lines = [...content.split('\n').filter((line) => line !== ''), ...added];
  replaceFile({ path, content: `${(isFull ? newest(lines, maxBytes / 2) : lines).join('\n')}\n` }, processes);
}

/** As many of the last lines as there is room for. */
export function newest(lines: readonly string[], roomBytes: number): string[] {
  let room = roomBytes;
  const first = lines.findLastIndex((line) => {
    room -= sizeOf([line]);
    return room < 0;
  });
  return lines.slice(first + 1);
}

export function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
