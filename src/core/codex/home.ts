import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileVersion, readVersion } from '../storage/atomic-file.js';
import type { ProcessTable } from '../storage/process-table.js';
import { type AuthFileContent, parseAuthFile } from './auth-file.js';

/** The home directory of the official client, and the files in it that concern us. */
export interface CodexHome {
  readonly directory: string;
  readonly authFile: string;
}

export function codexHomeAt(directory: string): CodexHome {
  return { directory, authFile: join(directory, 'auth.json') };
}

export interface AuthFileState {
  readonly version: FileVersion;
  /** Absent when the file is. */
  readonly content?: AuthFileContent;
}

/** What `auth.json` holds now. Throws `storage-unreadable` when it is there and cannot be read. */
export function readAuthFile(home: CodexHome): AuthFileState {
  const version = readVersion(home.authFile);
  if (version.kind === 'absent') return { version };
  return { version, content: parseAuthFile(version.content) };
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
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const named = typeof content === 'object' && content !== null && 'pid' in content ? content.pid : content;
    // kill(2) gives zero and negative numbers another meaning.
    return typeof named === 'number' && Number.isInteger(named) && named > 0 ? named : undefined;
  } catch {
    // Absent, or written by a client whose format we do not know: no daemon that we could name.
    return undefined;
  }
}
