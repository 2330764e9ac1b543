import { realpathSync, statSync } from 'node:fs';

/** Whether two paths lead to one directory, whatever they are called. */
export function isSameDirectory(one: string, other: string): boolean {
  if (realPath(one) === realPath(other)) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino && a.ino !== 0;
}

/** Where a path really leads; the path itself where nothing is there yet. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist, or cannot be looked at. Reading it reports why.
    return path;
  }
}
