import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const program = '/lib/systemd/systemd';
const nobody = 65_534;
const hierarchies = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];

/** A service manager of a user instance of its own, which knows nothing of this machine's services. */
export interface UserSystemd {
  /** The variables for a program that speaks to it. */
  readonly variables: Readonly<Record<string, string>>;
  systemctl(...words: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  stop(): Promise<void>;
}

/** Why no service manager can be started here; undefined where one can. */
export async function whyNoUserSystemd(): Promise<string | undefined> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-test-'));
  try {
    mkdirSync(join(directory, 'person'));
    for (const each of [directory, join(directory, 'person')]) chownSync(each, ...ownerOf());
    const trial = await startUserSystemd(directory);
    if ('missing' in trial) return trial.missing;
    await trial.stop();
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function ownerOf(): [number, number] {
  return process.getuid?.() === 0 ? [nobody, nobody] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
}

/**
 * Starts a real systemd as a user instance, in a mount namespace in which the machine looks as if systemd had booted
 * it, and with control groups of its own. Where that cannot be done here, resolves to why.
 */
export async function startUserSystemd(directory: string): Promise<UserSystemd | { readonly missing: string }> {
  if (process.platform !== 'linux' || !existsSync(program)) return { missing: 'systemd is not installed' };
  if (process.getuid?.() !== 0) return { missing: 'it takes root to start one beside that of the machine' };
  const runtime = join(directory, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  chownSync(runtime, nobody, nobody);
  const config = join(directory, 'person', '.config');
  const variables = { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config };
  const group = `codex-auth-test-${process.pid}-${Date.now()}`;
  const script = `
    mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 90
    for each in ${hierarchies.join(' ')}; do
      [ -e "$each/cgroup.procs" ] && mkdir "$each/${group}" 2>/dev/null || continue
      chown -R ${nobody}:${nobody} "$each/${group}" && echo $$ > "$each/${group}/cgroup.procs"
    done
    exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups ${program} --user`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(directory, 'person'), ...variables };
  const manager = spawn('unshare', ['--mount', 'sh', '-c', script], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  manager.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const systemctl = (...words: string[]) => {
    const user = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
    const result = spawnSync('setpriv', [...user, 'systemctl', '--user', ...words], { env, encoding: 'utf8' });
    return { status: result.status, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
  };
  const stop = async () => {
    systemctl('exit');
    for (let look = 0; look < 100 && manager.exitCode === null && manager.signalCode === null; look += 1)
      await delay(50);
    manager.kill('SIGKILL');
    for (const each of hierarchies) await removeGroup(join(each, group));
  };
  for (let look = 0; look < 200; look += 1) {
    if (hasEnded(manager)) break;
    if (systemctl('show', '--property=SystemState', '--value').stdout.trim() === 'running')
      return { variables, systemctl, stop };
    await delay(50);
  }
  await stop();
  return { missing: `systemd does not start here: ${said.trim().split('\n').at(-1) ?? ''}` };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Removes a control group. Its processes are ended first; a group is gone when nothing is in it. */
async function removeGroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const name of readdirSync(path, { withFileTypes: true }))
    if (name.isDirectory()) await removeGroup(join(path, name.name));
  for (let look = 0; look < 40; look += 1) {
    for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) kill(Number(pid));
    try {
      return rmdirSync(path);
    } catch {
      // A process of the group has not ended yet.
      await delay(50);
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended by itself.
  }
}
