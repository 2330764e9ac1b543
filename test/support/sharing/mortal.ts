import type { Root } from '../../../src/core/storage/root.js';

/** What a run throws from the moment at which its process is killed. */
export class Killed extends Error {}

/**
 * One process of a machine that dies at its n-th look at the clock or at itself: from then on it does nothing any more.
 */
export interface MortalRun {
  readonly root: Root;
  wasKilled(): boolean;
  /** Throws where the process is dead. */
  step(): void;
}

/**
 * Every write of a file asks for the name of its own process, and every wait asks the clock: so a run that is killed
 * there leaves things half done as a real one does. Its locks are those of a process that is gone.
 */
export function mortalRun({
  root,
  killAt,
  clockAheadMs,
  pid,
}: {
  readonly root: Root;
  readonly killAt: number | undefined;
  readonly clockAheadMs: number;
  readonly pid: number;
}): MortalRun {
  let steps = 0;
  let isDead = false;
  const step = () => {
    steps += 1;
    if (killAt !== undefined && steps >= killAt) {
      if (!isDead) dead.add(pid);
      isDead = true;
    }
    if (isDead) throw new Killed(`killed at step ${killAt}`);
  };
  const { clock, processes } = root;
  return {
    step,
    wasKilled: () => isDead,
    root: {
      ...root,
      clock: {
        ...clock,
        now() {
          step();
          return clock.now() + clockAheadMs;
        },
        async sleep(ms, signal) {
          step();
          await clock.sleep(ms, signal);
        },
      },
      processes: {
        get self() {
          step();
          return { ...processes.self, pid, startedAt: `run ${pid}` };
        },
        stateOf(identity) {
          step();
          if (identity.startedAt?.startsWith('run ') !== true) return processes.stateOf(identity);
          return dead.has(identity.pid) ? 'dead' : 'alive';
        },
      },
    },
  };
}

/** Numbers of processes that were killed, or that have ended. */
const dead = new Set<number>();

export function endRun(pid: number): void {
  dead.add(pid);
}
