import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Launch } from '../cli/program/machine.js';
import type { Variables } from '../core/environment.js';
import { AppError, systemErrorCode } from '../core/errors.js';
import { readHead } from '../core/storage/regular-file.js';

/**
 * Starts a program in the place of this one, so that nothing of ours stays in memory. Where that cannot be, starts it
 * as a child, passes signals on to it, and ends as it ends by a signal. Resolves to the exit status of a child that was
 * waited for.
 */
export async function launch(program: Launch, { mayReplace }: { readonly mayReplace: boolean }): Promise<number> {
  if (program.announcement !== undefined) announce(program.announcement);
  if (mayReplace && program.isWaitedFor !== true && isReplaceable && isSureToStart(program.path)) replaceBy(program);
  return await waitFor(program);
}

function announce(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody reads standard error. The program will notice that by itself.
  }
}

type Replace = (path: string, words: readonly string[], variables: Variables) => never;

/** Node has it from 22.15 on, and not on Windows. */
const { execve } = process as { execve?: Replace };

const isReplaceable = execve !== undefined && process.platform !== 'win32';

/** A signal that Node ignores would stay ignored in the next program; one with a listener falls back to its default. */
const ignoredByNode = ['SIGPIPE', 'SIGXFSZ'] as const;

function replaceBy({ path, name, arguments: words, variables }: Launch): void {
  for (const signal of ignoredByNode) process.on(signal, () => undefined);
  // This process ends here. Listeners of `exit` save now what the next start needs.
  process.emit('exit', 0);
  execve?.(path, [name, ...words], variables);
}

/** A failed replacement would end this process without a message: only what certainly starts takes its place. */
function isSureToStart(path: string): boolean {
  const head = headOf(path);
  if (isBinary(head)) return true;
  const [, interpreter] = /^#![ \t]*(\/\S+)/.exec(head.toString('latin1')) ?? [];
  return interpreter !== undefined && isBinary(headOf(interpreter)) && isExecutable(interpreter);
}

/** ELF, and on macOS Mach-O for one kind of processor or for several. */
const magic = process.platform === 'darwin' ? ['cffaedfe', 'cafebabe'] : ['7f454c46'];

function isBinary(head: Buffer): boolean {
  return magic.includes(head.subarray(0, 4).toString('hex'));
}

const headLength = 256;

function headOf(path: string): Buffer {
  try {
    return readHead(path, headLength);
  } catch {
    // The file cannot be read, though perhaps executed. It is started as a child.
    return Buffer.alloc(0);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // It cannot be executed. Starting it as a child reports why.
    return false;
  }
}

async function waitFor({ path, name, arguments: words, variables }: Launch): Promise<number> {
  // Before the child starts: a signal that comes right then must not meet a listener that does something else with it.
  const passing = passOnSignals();
  const child = spawn(path, words, { argv0: name, env: variables, stdio: 'inherit' });
  passing.to(child);
  const { status, signal } = await endOf(child, path).finally(passing.stop);
  return signal === null ? (status ?? 0) : dieOf(signal);
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess, path: string): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(whyNotStarted(path, error)));
    child.once('exit', (status, signal) => resolve({ status, signal }));
  });
}

function whyNotStarted(path: string, error: Error): AppError {
  const isMissing = systemErrorCode(error) === 'ENOENT';
  const what = isMissing ? 'names an interpreter that is not there' : 'cannot be started';
  return new AppError(isMissing ? 'command-not-found' : 'not-executable', `${path} ${what}`, {
    hint: `see what a shell says: ${path}`,
    details: { path },
    cause: error,
  });
}

const fromOutside = ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;
const fromKeyboard = ['SIGINT', 'SIGQUIT'] as const;

/**
 * A terminal sends the signals of its keys to the whole job, so that the child has received them already. Any other
 * signal may have been sent to this process alone, because its id is the one that is known.
 */
function passOnSignals() {
  let child: ChildProcess | undefined;
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const pass = (signal: NodeJS.Signals) => void child?.kill(signal);
  const pause = () => {
    child?.kill('SIGTSTP');
    process.kill(process.pid, 'SIGSTOP');
  };
  const listeners: readonly (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [
    ...fromOutside.map((signal) => [signal, pass] as const),
    ...fromKeyboard.map((signal) => [signal, hasTerminal ? () => undefined : pass] as const),
    ['SIGTSTP', pause],
  ];
  const before = listeners.map(([signal]) => [signal, process.listeners(signal)] as const);
  for (const [signal, listener] of listeners) process.removeAllListeners(signal).on(signal, listener);
  return {
    to(started: ChildProcess) {
      child = started;
    },
    stop() {
      for (const [signal, listener] of listeners) process.off(signal, listener);
      // The listeners that were there before hear the signals again.
      for (const [signal, others] of before) for (const each of others) process.on(signal, each);
    },
  };
}

/** Ends this process by the signal that ended the program, so that the parent of this process learns of it. */
async function dieOf(signal: NodeJS.Signals): Promise<never> {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The signal is delivered when the event loop turns. If it never is, this process ends by the exit code for it.
  const { constants } = await import('node:os');
  return new Promise(() => setTimeout(() => process.exit(128 + constants.signals[signal]), 1_000));
}
