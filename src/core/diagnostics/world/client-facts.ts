import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Asking, askDaemon, type DaemonReport } from '../../codex/daemon.js';
import { type CodexHome, runningDaemon } from '../../codex/home.js';
import type { Variables } from '../../environment.js';
import { executableOnPath } from '../../shell/on-path.js';
import type { SetupPlace } from '../../shell/setup-plan.js';
import { findOfficialClient, readWiring, type Wiring } from '../../shell/wiring.js';

/** The official client on this machine, as far as a shell would find it. */
export interface ClientFacts {
  /** The first `codex` on PATH that is no shim of ours. */
  readonly path: string | undefined;
  /** What `codex --version` prints, such as `codex-cli 0.169.0`. */
  readonly version: string | undefined;
  readonly wiring: Wiring;
  readonly daemon:
    | {
        readonly pid: number;
        readonly startedAt: number | undefined;
        /** Whose login the server uses, by its own answer; undefined where it does not answer. */
        readonly login: DaemonReport['login'] | undefined;
      }
    | undefined;
  /** Programs that can take flock(2) for us. */
  readonly flockHelpers: readonly string[];
}

export async function clientFacts(
  place: SetupPlace,
  home: CodexHome,
  asking: Omit<Asking, 'clock'>,
): Promise<ClientFacts> {
  const { environment } = place.shells;
  const path = findOfficialClient(environment);
  const pid = runningDaemon(home, place.root.processes);
  return {
    path,
    version: path === undefined ? undefined : await versionOf(path, environment),
    wiring: readWiring(place),
    daemon:
      pid === undefined ? undefined : { pid, startedAt: pidFileTime(home), login: await loginOf(place, home, asking) },
    flockHelpers: ['flock', 'perl'].filter((name) => executableOnPath(name, environment) !== undefined),
  };
}

async function loginOf({ root }: SetupPlace, home: CodexHome, { version, signal }: Omit<Asking, 'clock'>) {
  return (await askDaemon(home, { clock: root.clock, version, signal }))?.login;
}

/**
 * Runs `--version` alone, which reads no login and starts nothing. Even then 0.169.0 leaves links to itself in
 * `tmp/arg0` of its home, so that its home is here a directory for temporary files.
 */
async function versionOf(path: string, environment: Variables): Promise<string | undefined> {
  try {
    const env = { ...environment, CODEX_HOME: tmpdir() };
    const { stdout } = await promisify(execFile)(path, ['--version'], { env, timeout: 5_000 });
    return stdout.trim().split('\n')[0];
  } catch {
    // It is another program of that name, or a broken installation. The check reports that it tells no version.
    return undefined;
  }
}

function pidFileTime({ directory }: CodexHome): number | undefined {
  const path = join(directory, 'app-server-daemon', 'daemon.pid');
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
