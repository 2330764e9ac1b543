import { join } from 'node:path';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { FileVersion } from '../storage/atomic-file.js';
import type { ProcessTable } from '../storage/process-table.js';
import { largestRecordBytes, readNow } from '../storage/regular-file.js';
import { type AuthFileContent, parseAuthFile } from './auth-file.js';
import { type OtherStore, otherStore } from './credential-store.js';
import { readLoginVersion } from './official-login.js';

/** The home directory of the official client, and the files in it that concern us. */
export interface CodexHome {
  readonly directory: string;
  readonly authFile: string;
  /** Absent where the client keeps its login in `authFile`. */
  readonly otherStore?: OtherStore;
}

export function codexHomeAt(directory: string): CodexHome {
  return definedOnly({ directory, authFile: join(directory, 'auth.json'), otherStore: otherStore(directory) });
}

export interface AuthFileState {
  readonly version: FileVersion;
  /** Why it is not known, for those that can do without; absent where it is. */
  readonly problem?: string;
  /** Absent when the file is. */
  readonly content?: AuthFileContent;
}

/** The login that the client has stored. Throws `storage-unreadable` or `credential-store` when that cannot be told. */
export function readAuthFile(home: CodexHome): AuthFileState {
  const version = readLoginVersion(home);
  if (version.kind === 'absent') return { version };
  return { version, content: parseAuthFile(version.content) };
}

/** The same for whoever only shows it: a keyring that cannot be reached, as over ssh, must not hide the accounts. */
export function readAuthFileForDisplay(home: CodexHome): AuthFileState {
  try {
    return readAuthFile(home);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'credential-store') throw error;
    return { version: { kind: 'absent' }, problem: `${error.message}; ${error.hint ?? ''}` };
  }
}

/**
 * The pid of the official client's background app-server, when it runs. It keeps the account it was started with in
 * memory, whatever `auth.json` says later (CODEX.md §1.3).
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
