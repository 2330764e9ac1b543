import { statSync } from 'node:fs';
import { realPath } from '../storage/same-directory.js';

export type ProgramState = 'same' | 'updated' | 'gone';

/** Whether a program is still the one that was started: a guard may run longer than its installation. */
export class ProgramChange {
  readonly #path: string;
  readonly #marks: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#marks = marksOf(path);
  }

  get state(): ProgramState {
    const marks = marksOf(this.#path);
    if (marks === undefined) return 'gone';
    return this.#marks === undefined || marks === this.#marks ? 'same' : 'updated';
  }

  /** The files whose change may mean that the program is another one. */
  get paths(): readonly string[] {
    return [...new Set([this.#path, realPath(this.#path)])];
  }
}

/** What tells the program from another version of it; undefined where there is no program. */
function marksOf(path: string): string | undefined {
  try {
    const real = realPath(path);
    const { dev, ino, size, mtimeMs } = statSync(real);
    return [real, dev, ino, size, mtimeMs].join();
  } catch {
    // In the middle of an update there is no program for a while.
    return undefined;
  }
}
