import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../..', import.meta.url));

const installLimitMs = 6 * 60_000;

/** Installs a package of tools for the tests as its lock file says. */
export function installPinned(directory: string): Promise<boolean> {
  return runProgram('npm', ['ci', '--prefix', directory, '--no-audit', '--no-fund'], installLimitMs);
}

/** Runs a program in the project with its output on ours, and resolves to whether it ended well. */
export function runProgram(command: string, args: readonly string[], timeoutMs: number): Promise<boolean> {
  return end(start(command, args, timeoutMs, 'inherit'), command, (text) => process.stdout.write(text));
}

/** The same beside other programs: its output comes as a whole when it has ended, below a heading. */
export async function runProgramBeside(
  heading: string,
  command: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const said = [`\n== ${heading}\n`];
  const child = start(command, args, timeoutMs, 'pipe');
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => said.push(text));
  const isGood = await end(child, command, (text) => said.push(text));
  process.stdout.write(said.join(''));
  return isGood;
}

function start(command: string, args: readonly string[], timeoutMs: number, output: 'inherit' | 'pipe'): ChildProcess {
  return spawn(command, args, {
    cwd: project,
    stdio: ['ignore', output, output],
    timeout: timeoutMs,
    // npm and npx are batch files on Windows.
    shell: process.platform === 'win32',
  });
}

function end(child: ChildProcess, command: string, say: (text: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${command} did not start: ${error.message}\n`);
      resolve(false);
    });
    child.once('close', (code, signal) => {
      if (signal !== null) say(`${command} was ended by ${signal}\n`);
      resolve(code === 0);
    });
  });
}
