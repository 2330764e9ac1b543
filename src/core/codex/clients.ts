import { type ClientProcess, clientProcesses } from './client-processes.js';
import type { CodexHome } from './home.js';

/** What a running official client is to the person. */
export type ClientKind =
  /** The background server that interactive sessions share. */
  | 'daemon'
  /** An interactive session. */
  | 'session'
  /** `codex exec` and the like: one task, then it ends. */
  | 'exec'
  /** A server that an editor's extension runs. */
  | 'editor'
  /** A server that some other program runs, such as the desktop app. */
  | 'app-server';

export interface RunningClient {
  readonly kind: ClientKind;
  readonly pid: number;
  readonly ageMs?: number;
  /** Whether it uses the background server of its home, if there is one, and with it the login of that server. */
  readonly sharesDaemon: boolean;
}

/** The official clients that have a login of this home in memory, or soon will. */
export function listClients(home: CodexHome): RunningClient[] {
  return clientProcesses(home).flatMap((each) => {
    const kind = kindOf(each);
    if (kind === undefined) return [];
    const { pid, ageMs } = each;
    const age = ageMs === undefined ? {} : { ageMs };
    return [{ kind, pid, ...age, sharesDaemon: kind === 'session' && !refusesDaemon(each) }];
  });
}

/**
 * The pids of all processes that may refresh the login in `auth.json` at any moment (P1). Only the updater of the
 * background server certainly never does; it outlives the server.
 */
export function runningClients(home: CodexHome): number[] {
  const isUpdater = ({ arguments: words }: ClientProcess) => words.includes('pid-update-loop');
  return clientProcesses(home).flatMap((each) => (isUpdater(each) ? [] : [each.pid]));
}

/** Subcommands of 0.169.0 that hold no login, or only for the moment in which they end it or look at it. */
const passing = ['login', 'logout', 'completion', 'features', 'sandbox', 'debug', 'doctor', 'update', 'help', 'apply'];
const tasks = ['exec', 'e', 'review'];

/** Undefined for a process that uses no login. */
function kindOf({ arguments: words, program = '' }: ClientProcess): ClientKind | undefined {
  const command = words.find((word) => word === 'app-server' || word === 'mcp-server' || isNamed(word));
  if (command === undefined || command === 'resume' || command === 'fork') return 'session';
  if (tasks.includes(command)) return 'exec';
  if (passing.includes(command)) return undefined;
  if (words.includes('unix://') || words.includes('--managed-daemon')) return 'daemon';
  // The daemon's updater, its commands, and the bridge to its socket.
  if (words.some((word) => ['daemon', 'proxy'].includes(word) || word.startsWith('generate-'))) return undefined;
  return isOfEditor(program) ? 'editor' : 'app-server';
}

function isNamed(word: string): boolean {
  return tasks.includes(word) || passing.includes(word) || word === 'resume' || word === 'fork';
}

/** The extension carries the client in its own directory, below `.vscode/extensions` or that of a related editor. */
function isOfEditor(program: string): boolean {
  return /[\\/]\.[a-z-]+[\\/]extensions[\\/]/i.test(program);
}

function refusesDaemon({ arguments: words }: ClientProcess): boolean {
  return words.some((word) => word === '--no-daemon' || word.includes('daemon_auto_start'));
}
