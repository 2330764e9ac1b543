import { rmdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Takes away as many directories above a file as were made for it, as long as nothing else is in them. */
export function removeEmptyAbove(file: string, count: number): void {
  let directory = dirname(file);
  for (let left = count; left > 0; left -= 1) {
    try {
      rmdirSync(directory);
    } catch {
      // Something else is in it by now, and in all above it.
      return;
    }
    directory = dirname(directory);
  }
}
