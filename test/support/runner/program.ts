import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../..', import.meta.url));

const installLimitMs = 6 * 60_000;

/** Installs a package of tools for the tests as its lock file says. */
export function installPinned(directory: string): Promise<boolean> {
  return runProgram('npm', ['ci', '--prefix', directory, '--no-audit', '--no-fund'], installLimitMs);
}

/** Runs a program in the project with its output on ours, and resolves to whether it ended well. */
export function runProgram(command: string, args: readonly string[], timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: project,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: timeoutMs,
      // npm and npx are batch files there.
      shell: process.platform === 'win32',
    });
    child.once('error', (error) => {
      process.stdout.write(`${command} did not start: ${error.message}\n`);
      resolve(false);
    });
    child.once('close', (code, signal) => {
      if (signal !== null) process.stdout.write(`${command} was ended by ${signal}\n`);
      resolve(code === 0);
    });
  });
}
