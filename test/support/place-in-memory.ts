import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const memory = '/dev/shm';

/** More than any test writes there; in a container it is often 64 MiB. */
const leastBytes = 2 * 1024 ** 3;

/**
 * A directory that is in memory where there is one with room. For tests that kill commands at each of their steps, or write
 * as much for another reason: nothing of it has to survive the machine, and waiting for a disk takes most of their time.
 * Names, links, locks and modes are there what they are on a disk.
 */
export function placeInMemory(): string {
  return existsSync(memory) && roomIn(memory) >= leastBytes ? memory : tmpdir();
}

function roomIn(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
