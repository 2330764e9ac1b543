import { join } from 'node:path';
import { definedOnly } from '../defined-only.js';
import type { ProcessTable } from '../storage/process-table.js';
import { largestRecordBytes, readNow } from '../storage/regular-file.js';
import { type OtherStore, otherStore } from './credential-store.js';

/** The home directory of the official client, and the files in it that concern us. */
export interface CodexHome {
  readonly directory: string;
  readonly authFile: string;
  /** Absent where the client keeps its login in `authFile`. */
  readonly otherStore?: OtherStore;
}

export function codexHomeAt(directory: string): CodexHome {
  return definedOnly({ directory, authFile: authFileIn(directory), otherStore: otherStore(directory) });
}

export function authFileIn(directory: string): string {
  return join(directory, 'auth.json');
}

/**
 * The pid of the official client's background app-server, when it runs. It keeps the account it was started with in
 * memory, whatever `auth.json` says later (official-client.md#background-server).
 */
export function runningDaemon(home: CodexHome, processes: ProcessTable): number | undefined {
  const path = join(home.directory, 'app-server-daemon', 'daemon.pid');
  const pid = readPid(path);
  if (pid === undefined) return undefined;
  const { host, bootId, pidNamespace } = processes.self;
  const identity = { pid, host, ...(bootId === undefined ? {} : { bootId }) };
  const state = processes.stateOf(pidNamespace === undefined ? identity : { ...identity, pidNamespace });
  return state === 'alive' ? pid : undefined;
}

function readPid(path: string): number | undefined {
  try {
    const content: unknown = JSON.parse(readNow(path, largestRecordBytes).toString('utf8'));
    const named = typeof content === 'object' && content !== null && 'pid' in content ? content.pid : content;
    // kill(2) gives zero and negative numbers another meaning.
    return typeof named === 'number' && Number.isInteger(named) && named > 0 ? named : undefined;
  } catch {
    // Absent, or written by a client whose format we do not know: no daemon that we could name.
    return undefined;
  }
}
