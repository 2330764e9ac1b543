import { setFlagsFromString } from 'node:v8';

/** Later versions of Node may not know these flags, and would say so to the person. */
const lastMajorTried = 24;

/**
 * For a process that goes once through a long file and ends: code is not worth compiling better meanwhile, and memory is
 * taken at once instead of by doubling and copying. Not for one that keeps what V8 has compiled, which would be refused later,
 * and not for one that goes on (docs/decisions/010-quick-bundle.md).
 */
export function expectLongRead(): void {
  if (Number.parseInt(process.versions.node, 10) > lastMajorTried) return;
  setFlagsFromString('--no-opt');
  setFlagsFromString('--semi-space-growth-factor=16');
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
