import { statSync } from 'node:fs';

/** Which directory a path led to when it was looked at. */
export interface RootMark {
  isSame(other: RootMark): boolean;
  readonly dev: number;
  readonly ino: number;
}

/** Undefined where there is none. */
export function rootMark(path: string): RootMark | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return undefined;
  const { dev, ino } = stats;
  return { dev, ino, isSame: (other) => other.dev === dev && other.ino === ino };
}
