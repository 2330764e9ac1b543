import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const nobody = 65_534;

/** A database server refuses to run as root, so that there another user is the owner of its files. */
const asUser =
  process.getuid?.() === 0 ? ['setpriv', '--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'] : [];

/** Gives a directory and what is in it to the user who the servers run as. */
export function giveToServer(directory: string): void {
  if (asUser.length === 0) return;
  for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })])
    chownSync(join(directory, name), nobody, nobody);
}

/** Runs a program of the server's to its end. */
export function runAsServer(directory: string, program: string, ...args: string[]): void {
  const [command = program, ...rest] = [...asUser, program, ...args];
  execFileSync(command, rest, { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] });
}

const env = { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' };

/**
 * The server in the background of a shell, which stops it when its own input ends: with this process, however that
 * ends. Then the shell removes the server's directory.
 */
const script =
  'directory=$1; shift; "$@" & server=$!; read -r line; kill -INT "$server"; wait "$server"; rm -rf -- "$directory"';

export interface ServerProcess {
  /** The last lines that it wrote. */
  readonly log: () => string;
  /** Ends it, cutting what is connected; resolves when it is gone. */
  stop(): Promise<void>;
}

export function startAsServer(directory: string, program: string, ...args: string[]): ServerProcess {
  const [command = 'sh', ...rest] = [...asUser, 'sh', '-c', script, 'sh', directory, program, ...args];
  const child: ChildProcess = spawn(command, rest, { cwd: directory, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-keptLogCharacters);
    });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    log: () => log,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}

const keptLogCharacters = 1_000_000;
