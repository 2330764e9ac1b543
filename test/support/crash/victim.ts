import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { sep } from 'node:path';
// Nobody pulls the plug on these runs.
import '../without-sync.mjs';
import { type ProcessTable, systemProcesses } from '../../../src/core/storage/process-table.js';
import { runCli } from '../cli.js';
import { watchChanges } from '../file-system-steps.mjs';
import type { CrashTrial } from './trial.js';

/**
 * A run inside of this process that dies at one of its changes to the file system, as a process does that is killed there:
 * from then on it changes nothing and sends nothing, and the process table of everybody else calls it dead. That costs a
 * tenth of a real kill, which `steps.ts` adds at every eighth step.
 */
interface Victim {
  readonly watched: readonly string[];
  /** Counted from 1; undefined: none. */
  readonly target: number | undefined;
  readonly steps: string[];
  isDead: boolean;
  /** Ends what still waits for something: the dead wait for nothing. */
  readonly end: () => void;
}

const running = new AsyncLocalStorage<Victim>();

watchChanges({
  isWatched: (path) =>
    running.getStore()?.watched.some((root) => path === root || path.startsWith(root + sep)) === true,
  hasHalves: true,
  onStep(description, half) {
    const victim = running.getStore();
    if (victim === undefined) return;
    if (victim.isDead) throw new Error(`${description}: this run is dead`);
    victim.steps.push(description);
    if (victim.steps.length !== victim.target) return;
    half?.();
    victim.isDead = true;
    setImmediate(victim.end);
    throw new Error(`killed at ${description}`);
  },
});

const isDead = () => running.getStore()?.isDead === true;

for (const name of ['_write', '_writev'] as const) {
  const original = Socket.prototype[name] as (...args: unknown[]) => void;
  Object.assign(Socket.prototype, {
    [name](this: Socket, ...args: unknown[]) {
      const done = args.at(-1) as (error: Error) => void;
      if (isDead()) done(new Error('this run is dead'));
      else original.apply(this, args);
    },
  });
}

/** The number of a process that has ended; its start is nobody's. */
const deadPid = spawnSync(process.execPath, ['--version']).pid;

/** Of a run that is alive as long as one asks in it. */
const processes: ProcessTable = {
  self: { ...systemProcesses.self, pid: deadPid, startedAt: '1' },
  stateOf: (identity) => (identity.pid === deadPid ? 'alive' : systemProcesses.stateOf(identity)),
};

/** The steps of the trial's command, with what its run came to; killed right before one of them where that is told. */
export async function runAsVictim(trial: CrashTrial<unknown>, target?: number) {
  const { home, argv, watched = [home.codexHome], onStderr, options = {} } = trial;
  const ending = new AbortController();
  const victim: Victim = { watched, target, steps: [], isDead: false, end: () => ending.abort() };
  const result = await running.run(victim, () =>
    runCli(home, argv, {
      ...options,
      ...{ processes, signal: ending.signal },
      // The person in front of it goes on living, with connections that others use too.
      onStderr: (text) => running.exit(() => onStderr?.(text)),
    }),
  );
  return { ...result, steps: victim.steps, isDead: victim.isDead };
}
