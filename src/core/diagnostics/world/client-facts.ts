import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type CodexHome, runningDaemon } from '../../codex/home.js';
import type { Root } from '../../storage/root.js';

/** The official client on this machine, as far as a shell would find it. */
export interface ClientFacts {
  /** The first `codex` on PATH. */
  readonly path: string | undefined;
  /** What it says of itself, such as `codex-cli 0.169.0`. */
  readonly version: string | undefined;
  /** Whether it is a shim of ours, behind which `codex auth` reaches this program. */
  readonly isOurShim: boolean;
  readonly daemon: { readonly pid: number; readonly startedAt: number | undefined } | undefined;
  /** Programs that can take flock(2) for us. */
  readonly flockHelpers: readonly string[];
}

export async function clientFacts(
  root: Root,
  home: CodexHome,
  environment: Readonly<Record<string, string>>,
): Promise<ClientFacts> {
  const path = onPath('codex', environment);
  const shims = join(root.paths.root, 'bin');
  const pid = runningDaemon(home, root.processes);
  return {
    path,
    version: path === undefined ? undefined : await versionOf(path, environment),
    isOurShim: path?.startsWith(shims) === true,
    daemon: pid === undefined ? undefined : { pid, startedAt: pidFileTime(home) },
    flockHelpers: ['flock', 'perl'].filter((name) => onPath(name, environment) !== undefined),
  };
}

function onPath(name: string, environment: Readonly<Record<string, string>>): string | undefined {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((each) => each !== '');
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(realpathSync(path)).isFile();
  } catch {
    // Not there, or not to be run: the next directory is looked at, as a shell does.
    return false;
  }
}

/**
 * `--version` alone: it reads no login and starts nothing. Even then 0.169.0 leaves links to itself in `tmp/arg0` of its
 * home, unless that is a directory for temporary files.
 */
async function versionOf(path: string, environment: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const env = { ...environment, CODEX_HOME: tmpdir() };
    const { stdout } = await promisify(execFile)(path, ['--version'], { env, timeout: 5_000 });
    return stdout.trim().split('\n')[0];
  } catch {
    // Something else by that name, or a broken installation: the check says that it does not answer.
    return undefined;
  }
}

function pidFileTime({ directory }: CodexHome): number | undefined {
  const path = join(directory, 'app-server-daemon', 'daemon.pid');
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
