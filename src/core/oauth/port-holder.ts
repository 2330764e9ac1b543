import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { readNow } from '../storage/regular-file.js';

/** The process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  readonly name?: string;
}

/** Best effort: undefined when nobody listens, or the process is another user's, or the system does not tell. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readText);
  if (tables.every((table) => table === undefined)) return findWithLsof(port);
  const sockets = new Set(tables.flatMap((table) => listeningInodes(table ?? '', port)).map((id) => `socket:[${id}]`));
  return sockets.size === 0 ? undefined : findWithDescriptor(sockets);
}

/** proc(5): the second column is address:port in hex, the fourth the state (0A = LISTEN), the tenth the inode. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [address, state, inode] = [columns[1], columns[3], columns[9]];
    return address?.endsWith(suffix) && state === '0A' && inode !== undefined ? [inode] : [];
  });
}

async function findWithDescriptor(sockets: ReadonlySet<string>): Promise<PortHolder | undefined> {
  const pids = (await listDirectory('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const links = await Promise.all(
      (await listDirectory(`/proc/${pid}/fd`)).map((descriptor) => readLink(`/proc/${pid}/fd/${descriptor}`)),
    );
    if (links.some((link) => link !== undefined && sockets.has(link))) {
      return holder(pid, await programName(pid));
    }
  }
  return undefined;
}

/** By its executable: the `comm` of a newer Node is the name of a thread (`MainThread`). */
async function programName(pid: string): Promise<string | undefined> {
  const executable = await readLink(`/proc/${pid}/exe`);
  return executable === undefined ? undefined : basename(executable).replace(/ \(deleted\)$/, '');
}

/** `lsof -F pc` prints one field a line: `p<pid>`, then `c<command>`. */
async function findWithLsof(port: number): Promise<PortHolder | undefined> {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  // No lsof, or nothing found: either way no process can be named.
  const output = await promisify(execFile)('lsof', args, { timeout: 2_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  return pid === undefined ? undefined : holder(pid, /^c(.+)$/m.exec(output)?.[1]);
}

function holder(pid: string, name: string | undefined): PortHolder {
  return { pid: Number(pid), ...(name ? { name } : {}) };
}

function readText(path: string): string | undefined {
  try {
    return readNow(path).toString('utf8');
  } catch {
    // Not Linux.
    return undefined;
  }
}

// A process may end while we look, or belong to another user: both functions then find nothing.
const readLink = (path: string) => readlink(path).catch(() => undefined);
const listDirectory = (path: string) => readdir(path).catch((): string[] => []);
