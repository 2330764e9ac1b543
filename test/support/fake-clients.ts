import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary.js';

/** Only Linux tells the home of another process, and lets a copy of its shell run under another name. */
export const canFakeClients = process.platform === 'linux';

export interface FakeClient {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface FakeProgram {
  /** Where the program is, as in an editor's extension. */
  readonly below?: string;
  readonly name?: string;
  /** A file that it keeps open. */
  readonly opens?: string;
}

/** A process that looks like the official client: a program by its name, with this command line, in this home. */
export async function startFakeClient(
  codexHome: string,
  words: readonly string[],
  { below = '.', name = 'codex', opens = '/dev/null' }: FakeProgram = {},
): Promise<FakeClient> {
  const directory = join(temporaryDirectory(), below);
  mkdirSync(directory, { recursive: true });
  const program = join(directory, name);
  copyFileSync('/bin/sh', program);
  // The shell takes what follows its script as arguments of that, and waits for an end that never comes.
  const child = spawn(program, ['-c', 'exec 7>>"$OPENS"; echo up; read line', ...words], {
    env: { CODEX_HOME: codexHome, PATH: '/usr/bin:/bin', OPENS: opens },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise((resolve, reject) => child.once('error', reject).stdout.once('data', resolve));
  // The system tells the age of a process in hundredths of a second, and a switch in memory is done in two of them.
  await delay(30);
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  return { pid: child.pid ?? 0, stop };
}
