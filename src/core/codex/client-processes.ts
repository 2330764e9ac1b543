import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { definedOnly } from '../defined-only.js';
import { listDirectory, resolveTarget } from '../storage/atomic-file.js';
import { readNow } from '../storage/regular-file.js';
import { argumentsOf, isClientName, isMarkOfClient } from './client-program.js';
import type { CodexHome } from './home.js';

/** A process of the official client, as the system shows it. */
export interface ClientProcess {
  readonly pid: number;
  /** Its program, where the system tells. */
  readonly program?: string;
  /** What it was started with, as the subcommands of `codex`. */
  readonly arguments: readonly string[];
  /** How long it has been running. */
  readonly ageMs?: number;
}

/** The processes of the official client of this user that use this home; one whose home cannot be read counts. */
export function clientProcesses(home: CodexHome): ClientProcess[] {
  const pids = listPids();
  if (pids === undefined) return clientsByPs();
  const ours = ourProgram();
  // One whose home cannot be read counts unless it has ended: better to leave its login alone once too often.
  const counts = (pid: number) => isClient(pid, ours) && (usesHome(pid, home) ?? isClient(pid, ours));
  return pids.filter(counts).map(describe);
}

function listPids(): number[] | undefined {
  try {
    const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
    return pids.length > 0 ? pids : undefined;
  } catch {
    // No /proc on this system.
    return undefined;
  }
}

/** The program of this process, which is Node, and its user. */
interface OurProgram {
  readonly userId: number;
  readonly path: string;
  readonly isOurs: (program: Stats) => boolean;
}

function ourProgram(): OurProgram {
  const { uid: userId } = statSync('/proc/self');
  const { dev, ino } = statSync('/proc/self/exe');
  return { userId, path: programOf('self'), isOurs: (program) => program.dev === dev && program.ino === ino };
}

function isClient(pid: number, ours: OurProgram): boolean {
  try {
    if (statSync(`/proc/${pid}`).uid !== ours.userId) return false;
    const program = programOf(pid);
    if (isClientName(program)) return true;
    // The client is not a program of our Node. Such programs have many open files, which need not be searched.
    if (program === ours.path && ours.isOurs(statSync(`/proc/${pid}/exe`))) return false;
    return hasMark(pid);
  } catch {
    // It has ended, or belongs to another user.
    return false;
  }
}

/** A copy or a hard link of the client may have any name, so its open files tell. */
function hasMark(pid: number): boolean {
  const directory = `/proc/${pid}/fd`;
  return listDirectory(directory).some((name) => isMarkOfClient(linkAt(`${directory}/${name}`)));
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return '';
  }
}

/** The system marks the path as deleted when an update has replaced the file of a running program. */
function programOf(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
}

function usesHome(pid: number, home: CodexHome): boolean | undefined {
  try {
    const variables = readNow(`/proc/${pid}/environ`).toString('utf8').split('\0');
    const variable = (name: string) => variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    const directory = variable('CODEX_HOME') || join(variable('HOME') ?? homedir(), '.codex');
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
    return resolveTarget(resolve(workingDirectory, directory)) === resolveTarget(resolve(home.directory));
  } catch {
    // Its environment cannot be read, or it has ended meanwhile.
    return undefined;
  }
}

function describe(pid: number): ClientProcess {
  try {
    const [, ...words] = readNow(`/proc/${pid}/cmdline`).toString('utf8').split('\0').slice(0, -1);
    const program = programOf(pid);
    return definedOnly({ pid, program, arguments: argumentsOf(program, words), ageMs: ageOf(pid) });
  } catch {
    // It has just ended, or its command line cannot be read. It is listed all the same.
    return { pid, arguments: [] };
  }
}

/** Fixed in Linux's interface to programs: proc_pid_stat(5) counts in hundredths of a second. */
const tickMs = 10;

function ageOf(pid: number): number | undefined {
  const line = readNow(`/proc/${pid}/stat`).toString('utf8');
  // Its second field, the name, may hold spaces and parentheses; the start is the 22nd.
  const startedAt = Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[19]) * tickMs;
  const upSince = Number.parseFloat(readNow('/proc/uptime').toString('utf8')) * 1000;
  return Number.isNaN(startedAt) || Number.isNaN(upSince) ? undefined : Math.max(0, upSince - startedAt);
}

/** The clients on systems without /proc, known by their name alone. */
export function clientsByPs(): ClientProcess[] {
  return ps(['-x', '-o', 'pid=,etime=,comm=']).flatMap((line) => {
    const [, pid = '', elapsed = '', program = ''] = /^\s*(\d+)\s+([\d:-]+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (!isClientName(program)) return [];
    // No line when it has ended meanwhile. It is listed all the same, without arguments.
    const [whole = ''] = ps(['-ww', '-o', 'args=', '-p', pid]);
    const words = whole.replace(/^.*?\bcodex[\w.-]*(?=\s|$)/, '').split(/\s+/);
    return [
      {
        pid: Number(pid),
        program,
        arguments: argumentsOf(
          program,
          words.filter((word) => word !== ''),
        ),
        ageMs: parseElapsed(elapsed),
      },
    ];
  });
}

/** No lines without ps (Windows): no client is found then, and the lineage checks alone guard a refresh. */
function ps(words: readonly string[]): string[] {
  try {
    return execFileSync('ps', words, { encoding: 'utf8', timeout: 5_000 }).split('\n');
  } catch {
    return [];
  }
}

const centuryInDays = 36_525;

/** Reads `[[days-]hours:]minutes:seconds`. For an age just below zero `ps` prints a huge number of days. */
function parseElapsed(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text];
  if (Number(days) > centuryInDays) return 0;
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}
