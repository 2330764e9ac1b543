import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { canMakeReadOnly, canMakeReadOnlyIn } from './read-only.js';

const memory = '/dev/shm';

/** More than any test writes there; in a container it is often 64 MiB. */
const leastBytes = 2 * 1024 ** 3;

/**
 * A directory that is in memory where there is one with room. For tests that kill commands at each of their steps, or write
 * as much for another reason: nothing of it has to survive the machine, and waiting for a disk takes most of their time.
 * Names, links, locks and modes are there what they are on a disk.
 */
export function placeInMemory(): string {
  return existsSync(memory) && roomIn(memory) >= leastBytes && runsPrograms(memory) ? memory : tmpdir();
}

/**
 * The same for everything that a process writes, as its `TMPDIR`. Where a file on the disk can be made immutable, one
 * there must be, too, which not every Linux does in memory: else tests that need that would be skipped.
 */
export function placeForAll(): string {
  const place = placeInMemory();
  return canMakeReadOnlyIn(place) || !canMakeReadOnly ? place : tmpdir();
}

function roomIn(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** Tests put scripts into their directories, which many containers do not run from there. */
function runsPrograms(path: string): boolean {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const options = mounts.map((line) => line.split(' ')).findLast(([, place]) => place === path)?.[3] ?? '';
  return !options.split(',').includes('noexec');
}
