import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { sep } from 'node:path';
// No file of these runs has to survive the machine.
import '../without-sync.mjs';
import { type ProcessTable, systemProcesses } from '../../../src/core/storage/process-table.js';
import { runCli } from '../cli.js';
import { watchChanges } from '../file-system-steps.mjs';
import type { CrashTrial } from './trial.js';

/**
 * A run inside of this process that dies at one of its changes to the file system, as a process does that is killed
 * there: from then on it changes nothing and sends nothing, and the process table of every other run calls it dead.
 * That costs a tenth of a real kill, which `steps.ts` adds at every eighth step.
 */
interface Victim {
  readonly watched: readonly string[];
  /** The step at which the run dies, counted from 1; undefined: it does not die. */
  readonly target: number | undefined;
  readonly steps: string[];
  isDead: boolean;
  /** Ends what still waits for something: a dead process waits for nothing. */
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

/** The number of a process that has ended; no process has this start. */
const deadPid = spawnSync(process.execPath, ['--version']).pid;

/** The process table of a victim, in which the victim itself is alive. */
const processes: ProcessTable = {
  self: { ...systemProcesses.self, pid: deadPid, startedAt: '1' },
  stateOf: (identity) => (identity.pid === deadPid ? 'alive' : systemProcesses.stateOf(identity)),
};

/**
 * Runs the command of a trial, killed right before one of its steps if `target` names one. Returns the steps, and what
 * the run came to.
 */
export async function runAsVictim(trial: CrashTrial<unknown>, target?: number) {
  const { home, argv, watched = [home.codexHome], onStderr, options = {} } = trial;
  const ending = new AbortController();
  const victim: Victim = { watched, target, steps: [], isDead: false, end: () => ending.abort() };
  const result = await running.run(victim, () =>
    runCli(home, argv, {
      ...options,
      ...{ processes, signal: ending.signal },
      // The person who signs in goes on living, and uses connections that other runs use too.
      onStderr: (text) => running.exit(() => onStderr?.(text)),
    }),
  );
  return { ...result, steps: victim.steps, isDead: victim.isDead };
}
