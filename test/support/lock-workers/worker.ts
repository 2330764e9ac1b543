import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/core/clock.js';
import { AppError } from '../../../src/core/errors.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';

/** What a test tells a lock worker, as JSON in its first argument. */
export interface LockTask {
  readonly directory: string;
  readonly waitMs: number;
  /** Where `enter` and `exit` lines go, whose order shows whether two ever held the lock at once. */
  readonly log?: string;
  readonly file?: string;
  readonly rounds?: number;
}

export const task = JSON.parse(process.argv[2] ?? '{}') as LockTask;

export const lockOptions = {
  directory: task.directory,
  waitMs: task.waitMs,
  clock: systemClock,
  processes: systemProcesses,
};

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function record(event: 'enter' | 'exit'): void {
  if (task.log !== undefined) appendFileSync(task.log, `${event} ${process.pid}\n`);
}

/** Runs the worker's body; a refusal of ours becomes a line and exit code 6, as in the command line. */
export async function run(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, details } = error;
    say(`refused ${JSON.stringify({ code, message, details })}`);
    process.exitCode = 6;
  }
}

/** The next line that the test writes to this process. */
export function nextCommand(): Promise<string> {
  return new Promise((resolve) => {
    const input = createInterface({ input: process.stdin });
    input.once('line', (line) => {
      input.close();
      process.stdin.unref?.();
      resolve(line);
    });
  });
}

export { delay };
