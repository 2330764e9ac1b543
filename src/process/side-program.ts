import { type ChildProcess, spawn } from 'node:child_process';
import type { SideEnd, SideProgram } from '../cli/guarding/side-program.js';
import type { Variables } from '../core/environment.js';
import { systemErrorCode } from '../core/errors.js';

/** The most that is taken of each of the program's two outputs. */
const mostBytes = 64 * 1024;
/** How long its last output is waited for: what it has left running may hold the pipes open for as long as it likes. */
const lastWordsMs = 200;

/** Runs a program in a group of its own, so that it can be ended together with whatever it has started. */
export function runBeside({ argv, variables, input = '', deadlineMs, signal }: SideProgram): Promise<SideEnd> {
  const [program = '', ...words] = argv;
  return new Promise((resolve) => {
    const child = start(program, words, variables);
    if (!('stdout' in child)) return resolve({ kind: 'not-started', code: child.code });
    const outputs = { stdout: '', stderr: '' };
    let isOver = false;

    const finish = (end: SideEnd) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      signal?.removeEventListener('abort', stop);
      if (end.kind !== 'ended' && end.kind !== 'not-started') endGroup(child);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      child.unref();
      resolve(end);
    };
    const stop = () => finish({ kind: 'stopped' });
    const deadline = setTimeout(() => finish({ kind: 'overdue' }), deadlineMs);
    const collect = (name: keyof typeof outputs) => (text: string) => {
      outputs[name] += text;
      if (outputs[name].length > mostBytes) finish({ kind: 'flooded' });
    };

    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    child.stdout?.setEncoding('utf8').on('data', collect('stdout'));
    child.stderr?.setEncoding('utf8').on('data', collect('stderr'));
    child.once('error', (error) => finish({ kind: 'not-started', code: systemErrorCode(error) ?? 'unknown' }));
    child.once('exit', (status) => {
      const ended = () => finish({ kind: 'ended', status, ...outputs });
      child.once('close', ended);
      setTimeout(ended, lastWordsMs).unref();
    });
    // The program need not read its input.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

function start(program: string, words: readonly string[], variables: Variables) {
  try {
    return spawn(program, words, { env: variables, detached: process.platform !== 'win32', windowsHide: true });
  } catch (error) {
    // An argument that is too long, for instance.
    return { code: systemErrorCode(error) ?? 'unknown' };
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/T', '/F', '/PID', String(child.pid)], { stdio: 'ignore', windowsHide: true }).unref();
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The program has ended by itself meanwhile.
  }
}
