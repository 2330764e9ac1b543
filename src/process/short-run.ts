import { setFlagsFromString } from 'node:v8';

/** Later versions of Node may not know these flags, and would print that. */
const lastMajorTried = 24;

/**
 * For a process that goes once through a long file and ends: code is not worth compiling better meanwhile. The youngest
 * generation stays as small as it is at the start, and in the cache of the processor: every page that the system has to
 * give costs more than to collect garbage more often. The old generation is not marked while we work, because hardly
 * anything in it dies before the end. A process that saves what V8 has compiled must not call this, because V8 would
 * refuse that later, and one that goes on must not either (docs/decisions/010-quick-bundle.md).
 */
export function expectLongRead(): void {
  if (!isAtMost(lastMajorTried)) return;
  setFlagsFromString('--no-opt');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-incremental-marking');
}

/**
 * For a process that asks a few questions of a provider: the parser of its answers, the one thing here that is
 * WebAssembly, is compiled once. V8 up to Node 22 compiles it again, by its best compiler, after one to three answers,
 * which takes longer than all else that most commands do. The flag holds while the parser is made; V8 would all the
 * same refuse a cache that is made or read later, so that a process that saves one must not call this either.
 */
export function expectFewAnswers(): void {
  if (!isAtMost(lastMajorOfEagerTiers)) return;
  const assembly: { Module: new (bytes: Uint8Array) => object } = Reflect.get(globalThis, 'WebAssembly');
  assembly.Module = class extends assembly.Module {
    constructor(bytes: Uint8Array) {
      setFlagsFromString('--liftoff-only');
      try {
        super(bytes);
      } finally {
        setFlagsFromString('--no-liftoff-only');
      }
    }
  };
}

const lastMajorOfEagerTiers = 22;

function isAtMost(major: number): boolean {
  return Number.parseInt(process.versions.node, 10) <= major;
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
