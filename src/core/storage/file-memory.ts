import * as fs from 'node:fs';
import type { Clock } from '../clock.js';
import { type FileVersion, isSameVersion, readVersion } from './atomic-file.js';

/** How a file is read: each time, or out of a {@link FileMemory}. */
export type FileReader = (path: string) => FileVersion;

/** For whoever tells of one moment: each file as it was at the first look, however often it is asked for. */
export function firstLooks(): FileReader {
  const seen = new Map<string, FileVersion>();
  return (path) => {
    const version = seen.get(path) ?? readVersion(path);
    seen.set(path, version);
    return version;
  };
}

/** Longer than any step of a file system's clock: whatever changes a file after this long gets another time. */
const settledAfterMs = 50;

interface Seen {
  readonly version: FileVersion;
  /** What the file was like when it was first found as it is; see {@link FileMemory}. */
  readonly marks: string;
  readonly since: number;
  /** Read long enough after that. */
  readonly isSettled: boolean;
}

/**
 * Files as they were last read, for whoever looks at the same ones again and again: what has not changed is not read
 * another time, and is the very same object.
 *
 * Whether it has changed is told by inode, size and times. Two changes within one step of the file system's clock have
 * one time, so that a version is believed by them only when it was read a while after they were first seen, and never
 * where that clock goes by whole milliseconds or longer steps.
 */
export class FileMemory {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** As {@link readVersion}. */
  readonly read: FileReader = (path) => {
    const marks = marksOf(path);
    const known = this.#seen.get(path);
    const now = this.#clock.monotonicMs();
    const isKnown = known !== undefined && marks !== undefined && known.marks === marks;
    if (isKnown && known.isSettled) return known.version;
    const read = readVersion(path);
    if (marks === undefined) {
      this.#seen.delete(path);
      return read;
    }
    const version = known !== undefined && isSameVersion(known.version, read) ? known.version : read;
    const since = isKnown ? known.since : now;
    this.#seen.set(path, { version, marks, since, isSettled: now - since >= settledAfterMs });
    return version;
  };
}

/** Undefined where there is no file, none that can be looked at, or one whose times tell too little. */
function marksOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true });
    return ctimeNs % 1_000_000n === 0n ? undefined : [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    // Reading it meets the same error, and names it.
    return undefined;
  }
}
