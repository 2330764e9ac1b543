import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { kill, pid } from 'node:process';
import { systemErrorCode } from '../errors.js';
import { readNow } from './regular-file.js';

/** One process, so that it is not mistaken for a later one with the same number. Compared, never interpreted. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start, field 22 of `/proc/<pid>/stat`. Linux only. */
  readonly startedAt?: string | undefined;
  readonly bootId?: string | undefined;
  readonly pidNamespace?: string | undefined;
  readonly host: string;
}

/** `foreign`: another host or pid namespace, which cannot be judged from here. */
export type ProcessState = 'alive' | 'dead' | 'foreign';

export interface ProcessTable {
  readonly self: ProcessIdentity;
  stateOf(identity: ProcessIdentity): ProcessState;
}

/**
 * The processes of this machine. `dead` is a proof, everything doubtful counts as alive. Without /proc (macOS,
 * Windows) only `kill(pid, 0)` speaks: when the number of a dead process was given to a new one, the dead one counts
 * as alive until the new one ends, which costs a wait but never two owners.
 */
class SystemProcesses implements ProcessTable {
  #self: ProcessIdentity | undefined;

  /** Read at first use and kept: none of it changes while a process lives. */
  get self(): ProcessIdentity {
    this.#self ??= readSelf();
    return this.#self;
  }

  stateOf(identity: ProcessIdentity): ProcessState {
    const self = this.self;
    // The first pid namespace has one name on every boot. So an owner from before a reboot is judged below, and one in
    // a container is not: that the host is the same would not prove that it has ended.
    if (identity.host !== self.host || identity.pidNamespace !== self.pidNamespace) return 'foreign';
    if (identity.bootId !== self.bootId) return canCompareBoots(identity, self) ? 'dead' : 'foreign';
    if (!existsProcess(identity.pid)) return 'dead';
    if (self.startedAt === undefined) return 'alive';
    return judge(readProcess(String(identity.pid)), identity);
  }
}

export const systemProcesses: ProcessTable = new SystemProcesses();

function judge(entry: ProcessEntry | undefined, identity: ProcessIdentity): ProcessState {
  // Its entry is hidden from us (hidepid), or it has ended since `kill(pid, 0)` found it: the next look will tell.
  if (entry === undefined) return 'alive';
  if (identity.startedAt !== undefined && entry.startedAt !== identity.startedAt) return 'dead';
  // A killed process is a zombie as soon as its main thread ended, while another thread may still be inside a
  // system call, a rename for instance. It can do no more harm when only the zombie itself is left.
  const hasEnded = entry.state === 'Z' || entry.state === 'X';
  return hasEnded && entry.threads <= 1 ? 'dead' : 'alive';
}

function canCompareBoots(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.bootId !== undefined && b.bootId !== undefined;
}

function existsProcess(number: number): boolean {
  try {
    kill(number, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return systemErrorCode(error) !== 'ESRCH';
  }
}

function readSelf(): ProcessIdentity {
  const entry = readProcess('self');
  // A sandbox can show us the /proc of another pid namespace, where our numbers mean other processes.
  const startedAt = entry?.pid === pid ? entry.startedAt : undefined;
  return {
    pid,
    startedAt,
    bootId: readFact(() => readNow('/proc/sys/kernel/random/boot_id').toString('utf8').trim()),
    pidNamespace: readFact(() => readlinkSync('/proc/self/ns/pid')),
    host: hostIdentity(),
  };
}

/** The host name and, hashed because systemd calls it confidential, the machine id: cloned names are common. */
function hostIdentity(): string {
  const machineId = readFact(() => readNow('/etc/machine-id').toString('utf8').trim());
  if (machineId === undefined) return hostname();
  const digest = createHash('sha256').update(`codex-auth ${machineId}`).digest('hex');
  return `${hostname()}/${digest.slice(0, 12)}`;
}

interface ProcessEntry {
  readonly pid: number;
  readonly state: string;
  readonly threads: number;
  readonly startedAt: string;
}

/** `/proc/<pid>/stat`, proc_pid_stat(5); undefined where there is none. */
function readProcess(name: string): ProcessEntry | undefined {
  const line = readFact(() => readNow(`/proc/${name}/stat`).toString('utf8'));
  if (line === undefined) return undefined;
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startedAt] = [fields[0], fields[17], fields[19]];
  if (state === undefined || threads === undefined || startedAt === undefined) return undefined;
  return { pid: Number.parseInt(line, 10), state, threads: Number(threads), startedAt };
}

function readFact(read: () => string): string | undefined {
  try {
    return read() || undefined;
  } catch {
    // Not Linux, no /proc, or not for our eyes: the fact stays unknown, and unknown is never a proof of death.
    return undefined;
  }
}

/**
 * Names the host and pid namespace in which our process ids count: a container that shares the directory has its own.
 */
export function placeOf({ self }: ProcessTable): string {
  return createHash('sha256')
    .update(`${self.host} ${self.pidNamespace ?? ''}`)
    .digest('hex')
    .slice(0, 8);
}
