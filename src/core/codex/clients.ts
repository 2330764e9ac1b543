import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { resolveTarget } from '../storage/atomic-file.js';
import type { CodexHome } from './home.js';

/**
 * The pids of official clients of this user that use this home, the background server included: any of them may refresh
 * the login in `auth.json` at any moment (P1). Where a process does not tell its home, it counts as ours.
 */
export function runningClients(home: CodexHome): number[] {
  const pids = listProcesses();
  return pids === undefined ? clientsByPs() : pids.filter((pid) => isClient(pid) && usesHome(pid, home));
}

function listProcesses(): number[] | undefined {
  try {
    const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
    return pids.length > 0 ? pids : undefined;
  } catch {
    // No /proc on this system.
    return undefined;
  }
}

function isClient(pid: number): boolean {
  try {
    if (statSync(`/proc/${pid}`).uid !== ownUser()) return false;
    return basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '') === 'codex';
  } catch {
    // It has ended, or belongs to somebody else.
    return false;
  }
}

function ownUser(): number {
  return statSync('/proc/self').uid;
}

function usesHome(pid: number, home: CodexHome): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const variable = (name: string) => variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    const directory = variable('CODEX_HOME') || join(variable('HOME') ?? homedir(), '.codex');
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
    return resolveTarget(resolve(workingDirectory, directory)) === resolveTarget(resolve(home.directory));
  } catch {
    // Nothing to be read, or ended meanwhile: better to leave its login alone once too often.
    return true;
  }
}

/** Systems without /proc: by name alone. */
function clientsByPs(): number[] {
  try {
    const lines = execFileSync('ps', ['-x', '-o', 'pid=,comm='], { encoding: 'utf8', timeout: 2_000 }).split('\n');
    return lines.flatMap((line) => {
      const [, pid, command] = /^\s*(\d+)\s+(.*\S)\s*$/.exec(line) ?? [];
      return command !== undefined && basename(command) === 'codex' ? [Number(pid)] : [];
    });
  } catch {
    // No ps either (Windows): nothing can be said, and the refresh itself is still guarded by the lineage checks.
    return [];
  }
}
