import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Variables } from '../environment.js';
import { readNow } from '../storage/regular-file.js';
import { blockLines } from './marked-block.js';
import { executablesOnPath, pathOf } from './on-path.js';
import type { SetupPlace } from './setup-plan.js';
import { filesOf, shellNames } from './shell-files.js';
import { isShim, type ShimTarget, targetOf } from './shim.js';

/**
 * What a shell with this PATH would run as `codex`, and with it what "codex auth" means there
 * (official-client.md#revocation).
 */
export type Wiring =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'shim';
      readonly path: string;
      /** The part of what it hands "codex auth" to that is gone. */
      readonly gone?: string;
    }
  | { readonly kind: 'official-client'; readonly path: string; readonly because: Bypass };

/** Why our shim is not what runs. */
type Bypass =
  | 'not-installed'
  /** No shell puts its directory on PATH. */
  | 'not-on-path'
  /** Shells do, but the one that called us was started before that. */
  | 'older-shell'
  | 'not-executable'
  /** Another directory comes before its own. */
  | 'not-first';

export function readWiring(place: SetupPlace): Wiring {
  const { environment } = place.shells;
  const [path] = executablesOnPath('codex', environment);
  if (path === undefined) return { kind: 'nothing' };
  if (!isShim(path)) return { kind: 'official-client', path, because: whyBypassed(place) };
  const gone = missingPart(targetOf(path));
  return gone === undefined ? { kind: 'shim', path } : { kind: 'shim', path, gone };
}

function missingPart(target: ShimTarget | undefined): string | undefined {
  return target === undefined ? undefined : [target.node, target.script].find((path) => !existsSync(path));
}

function whyBypassed(place: SetupPlace): Bypass {
  const { root, shells } = place;
  const shim = join(root.paths.bin, 'codex');
  if (!existsSync(shim)) return 'not-installed';
  if (!pathOf(shells.environment).some((directory) => resolve(directory) === root.paths.bin)) {
    return hasShellFile(place) ? 'older-shell' : 'not-on-path';
  }
  return executablesOnPath('codex', shells.environment).includes(shim) ? 'not-first' : 'not-executable';
}

function hasShellFile({ root, shells }: SetupPlace): boolean {
  const files = shellNames.flatMap((shell) => filesOf(shell, shells));
  return files.some((path) => blockIn(path)?.some((line) => line.includes(root.paths.bin)) === true);
}

function blockIn(path: string): string[] | undefined {
  try {
    return blockLines(readNow(path).toString('latin1'));
  } catch {
    // The file is absent, or closed to us: no line of ours in it is known.
    return undefined;
  }
}

/** The official client that runs behind the shim, or would without it. */
export function findOfficialClient(environment: Variables): string | undefined {
  return executablesOnPath('codex', environment).find((path) => !isShim(path));
}

/** What is wrong, as a clause, and the next thing to do. */
interface WiringProblem {
  readonly message: string;
  readonly command: string;
}

const consequence = 'whose "codex auth logout" ends the login';

/**
 * What is wrong where "codex auth" does not reach this program (official-client.md#revocation): on the official client
 * `codex auth logout` runs the real logout, which revokes the login.
 */
export function wiringProblem(wiring: Wiring): WiringProblem | undefined {
  if (wiring.kind === 'nothing') return undefined;
  if (wiring.kind === 'shim') {
    const message = `${wiring.path} hands "codex auth" to ${wiring.gone}, which is gone`;
    return wiring.gone === undefined ? undefined : { message, command: 'codex-auth setup' };
  }
  const reached = `"codex auth" reaches the official client (${wiring.path}), ${consequence}`;
  switch (wiring.because) {
    case 'not-installed':
      return { message: reached, command: 'codex-auth setup' };
    case 'not-on-path':
      return { message: `no shell has the shim on its PATH: ${reached}`, command: 'codex-auth setup' };
    case 'not-executable':
      return { message: `the shim cannot be executed: ${reached}`, command: 'codex-auth setup' };
    case 'older-shell':
      return { message: `this shell is older than the setup: ${reached}`, command: 'open a new terminal' };
    case 'not-first':
      return {
        message: `another directory comes before the shim on PATH: ${reached}`,
        command:
          'codex-auth setup --undo, then codex-auth setup, so that its lines come last in the files of your shell',
      };
  }
}
