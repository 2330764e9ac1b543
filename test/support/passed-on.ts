import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { borrowCaches, lendCaches } from './lent-caches.js';
import { builtProject } from './program-process.js';
import type { TestHome } from './test-home.js';

/** A program that is run as an account, or by itself, with its streams as the system gives them. */
export interface Passed {
  readonly child: ChildProcess;
  readonly stdout: Promise<Buffer>;
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Starts `codex-auth run` with these words by this Node; its input stays open. */
export function startRun(node: string, home: TestHome, words: readonly string[]): Passed {
  const script = join(builtProject(), 'bin', 'codex-auth.js');
  lendCaches(home.root, ['run']);
  const passed = startProgram(node, [script, 'run', ...words], home);
  void passed.ended.then(() => borrowCaches(home.root, ['run']));
  return passed;
}

export function startProgram(program: string, words: readonly string[], home: TestHome): Passed {
  const child = spawn(program, words, { cwd: home.cwd, env: home.variables, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve([status, signal]));
  });
  return { child, stdout: ended.then(() => Buffer.concat(chunks)), ended };
}
