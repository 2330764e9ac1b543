import { setFlagsFromString } from 'node:v8';

/** Later versions of Node may not know these flags, and would say so to the person. */
const lastMajorTried = 24;

/**
 * For a process that goes once through a long file and ends: code is not worth compiling better meanwhile. The youngest
 * generation stays as small as it is at the start, and in the cache of the processor: every page that the system has to give costs
 * more than to collect garbage more often. The old one is not marked while we work, because hardly anything in it dies before
 * the end. Not for a process that keeps what V8 has compiled, which would be refused later, and not for one that goes on
 * (docs/decisions/010-quick-bundle.md).
 */
export function expectLongRead(): void {
  if (Number.parseInt(process.versions.node, 10) > lastMajorTried) return;
  setFlagsFromString('--no-opt');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-incremental-marking');
}

/** What only saves later runs time, put off until nobody waits for this one any more. */
export function afterAnswer() {
  const tasks: (() => boolean)[] = [];
  return {
    afterwards: (task: () => boolean) => void tasks.push(task),
    /** Whether later runs have less to do than this one. */
    runAll: () => tasks.map((task) => task()).includes(true),
  };
}
