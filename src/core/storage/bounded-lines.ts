import { readVersion, replaceFile } from './atomic-file.js';
import type { ProcessTable } from './process-table.js';
import { appendNow } from './regular-file.js';

export interface BoundedLines {
  readonly maxBytes: number;
  readonly processes: ProcessTable;
  /** Tells lines that are to go. When the first line of the file is one, the file is written anew without them. */
  readonly isOutdated?: (line: string) => boolean;
}

/**
 * Adds lines to a text file that keeps its newest half when it is full. For one writer at a time. Throws
 * `storage-unreadable` or `storage-write-failed`.
 */
export function appendLines(
  path: string,
  added: readonly string[],
  { maxBytes, processes, isOutdated = () => false }: BoundedLines,
): void {
  const version = readVersion(path);
  const content = version.kind === 'absent' ? '' : version.content;
  const isFull = sizeOf([content, ...added]) > maxBytes;
  if (content !== '' && !isFull && !isOutdated(content.slice(0, content.indexOf('\n')))) {
    // A crash may have cut off the last line; the next one must not end up in it.
    appendNow(path, `${content.endsWith('\n') ? '' : '\n'}${added.join('\n')}\n`);
    return;
  }
  const kept = content.split('\n').filter((line) => line !== '' && !isOutdated(line));
  const lines = [...kept, ...added];
  replaceFile({ path, content: `${(isFull ? newest(lines, maxBytes / 2) : lines).join('\n')}\n` }, processes);
}

/** As many of the last lines as fit into `roomBytes`. */
function newest(lines: readonly string[], roomBytes: number): string[] {
  let room = roomBytes;
  const first = lines.findLastIndex((line) => {
    room -= sizeOf([line]);
    return room < 0;
  });
  return lines.slice(first + 1);
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
