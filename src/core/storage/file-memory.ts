import * as fs from 'node:fs';
import type { Clock } from '../clock.js';
import { type FileVersion, isSameVersion, readVersion } from './atomic-file.js';

/** How a file is read: each time, or out of a {@link FileMemory}. */
export type FileReader = (path: string) => FileVersion;

/** A reader that returns each file as it was when first read, so that all answers are about one moment. */
export function firstLooks(): FileReader {
  const seen = new Map<string, FileVersion>();
  return (path) => {
    const version = seen.get(path) ?? readVersion(path);
    seen.set(path, version);
    return version;
  };
}

/** Longer than any step of a file system's clock: a change after this long gives the file another time. */
const settledAfterMs = 50;

interface Seen {
  readonly version: FileVersion;
  /** Its inode, size and times, as joined by `marksOf`. */
  readonly marks: string;
  readonly since: number;
  /** Whether it was read long enough after `since`, when these marks were first seen. */
  readonly isSettled: boolean;
}

/**
 * Files as they were last read, for code that reads the same ones again and again: a file that has not changed is not
 * read another time, and its version is the very same object.
 *
 * Whether a file has changed is told by its marks: inode, size and times. Two changes within one step of the file
 * system's clock have one time. So marks are trusted only for a version that was read a while after they were first
 * seen, and never where that clock goes by whole milliseconds or longer steps.
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
    // It cannot be looked at. Reading it fails in the same way, and reports why.
    return undefined;
  }
}
