import { spawn } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import { AppError, systemErrorCode } from '../errors.js';
import { resolveTarget } from '../storage/atomic-file.js';
import { describe, writeError } from '../storage/file-errors.js';
import { openToLock } from '../storage/regular-file.js';
import type { CodexHome } from './home.js';

/** How long the official client itself waits for its commit lock before it gives up (official-client.md#locks). */
const waitMs = 5_000;
const pollMs = 50;

/**
 * Takes flock(2) on its descriptor 3 without waiting: exit 0 when it has the lock, 1 without a word when another
 * process has it.
 */
export interface FlockHelper {
  readonly command: string;
  readonly args: readonly string[];
  /**
   * Its exit codes where the system knows no such locks for that file. Exit 1 with words on stderr, as from BusyBox,
   * means the same.
   */
  readonly refusedExits: readonly number[];
}

/** Another process has the lock where the error is EWOULDBLOCK, and only there. */
const perlScript =
  'use Fcntl ":flock"; open(my $f, "+<&=", 3) or exit 2; flock($f, LOCK_EX | LOCK_NB) or exit($!{EWOULDBLOCK} ? 1 : 3);';

/** In the order of preference; the first one that is installed is used. BusyBox's flock knows no `-w`, hence `-n`. */
export const flockHelpers: readonly FlockHelper[] = [
  // EX_OSERR for ENOLCK, EX_DATAERR for all else.
  { command: 'flock', args: ['-x', '-n', '3'], refusedExits: [71, 65] },
  { command: 'perl', args: ['-e', perlScript], refusedExits: [3] },
];

export interface CredentialLockOptions {
  /** The official client's home, which holds `auth.lock`. */
  readonly home: string;
  readonly authFile: string;
  /** Other homes whose credential files change in the same step. */
  readonly besides?: readonly Pick<CodexHome, 'directory' | 'authFile'>[];
  readonly clock: Clock;
  readonly helpers: readonly FlockHelper[];
}

/** Why there is no lock, as a clause: then only the check right before the rename protects the file. */
const obstacles = {
  'no-helper': () => 'neither flock nor perl is installed',
  // Network homes without a lock daemon, and some mounts of containers.
  refused: (home: string) => `the file system of ${home} knows no locks`,
};

export interface CredentialLock {
  /** What could go wrong because the client's locks could not be had; absent while they are ours. */
  readonly risk?: string;
}

/**
 * Runs a task under the two flock(2) locks under which the official client commits its credentials, taken in its order
 * (official-client.md#locks). Node has no flock, so a helper takes the lock on a descriptor that it inherits from us;
 * the lock belongs to the open file, and stays ours after the helper has gone. Hold it for milliseconds, never across a
 * request. Throws `lock-busy` when the client does not let go.
 */
export async function withCredentialLock<T>(
  options: CredentialLockOptions,
  task: (lock: CredentialLock) => Promise<T> | T,
): Promise<T> {
  const descriptors: number[] = [];
  try {
    const missing: Unlocked[] = [];
    for (const path of lockFilesOf(options)) {
      const descriptor = openLockFile(path);
      if (descriptor === undefined) continue;
      descriptors.push(descriptor);
      const state = await lockDescriptor(descriptor, path, options);
      if (state !== 'locked') missing.push(state);
    }
    return await task(lockWithout(missing, options.home));
  } finally {
    for (const descriptor of descriptors.reverse()) closeSync(descriptor);
  }
}

/** Why the locks keep a login from being stored, found by taking them; undefined also where no lock can be had. */
export async function whyNoCredentialLock(options: CredentialLockOptions): Promise<AppError | undefined> {
  try {
    await withCredentialLock(options, () => undefined);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message, hint, details } = error;
    return new AppError('storage-write-failed', message, definedOnly({ hint, details, cause: error }));
  }
}

/** The client's lock files for a home, in the order in which the client takes them. */
export function clientLockFiles({ home, authFile }: Pick<CredentialLockOptions, 'home' | 'authFile'>): string[] {
  return [join(home, 'auth.lock'), `${resolveTarget(authFile)}.lock`];
}

/**
 * The locks of the homes, then those of the files. Each once, because a second descriptor of one file would wait for
 * the first.
 */
function lockFilesOf({ besides = [], ...first }: CredentialLockOptions): string[] {
  const homes = [first, ...besides.map(({ directory, authFile }) => ({ home: directory, authFile }))];
  const pairs = homes.map((each) => clientLockFiles(each));
  return [...new Set([...pairs.map(([ofHome]) => ofHome), ...pairs.map(([, ofFile]) => ofFile)])].filter(
    (path) => path !== undefined,
  );
}

/**
 * Undefined where the directory takes no lock file from us, and so none from the client, which runs as the same user; and
 * where there is no directory: nothing is made in the place of a disk that has just been taken away.
 */
function openLockFile(path: string): number | undefined {
  try {
    return openToLock(path);
  } catch (error) {
    if (takesNothing.includes(systemErrorCode(error) ?? '') && isMissing(path)) return undefined;
    throw writeError(path, error);
  }
}

const takesNothing = ['EROFS', 'EACCES', 'EPERM', 'ENOENT'];

function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // The directory may not be searched, so the file is not known to be missing.
    return false;
  }
}

function lockWithout(missing: readonly Unlocked[], home: string): CredentialLock {
  const [obstacle] = missing;
  if (obstacle === undefined) return {};
  return { risk: `${obstacles[obstacle](home)}, so a refresh by the official client at this instant could be lost` };
}

type Unlocked = keyof typeof obstacles;

async function lockDescriptor(
  descriptor: number,
  path: string,
  options: CredentialLockOptions,
): Promise<'locked' | Unlocked> {
  const { clock } = options;
  let obstacle: Unlocked = 'no-helper';
  for (const helper of options.helpers) {
    const deadline = clock.monotonicMs() + waitMs;
    let result = await runHelper(helper, descriptor);
    while (result === 'busy') {
      if (clock.monotonicMs() > deadline) throw busy(path);
      await clock.sleep(pollMs);
      result = await runHelper(helper, descriptor);
    }
    if (result === 'locked') return 'locked';
    if (result === 'refused') obstacle = 'refused';
  }
  return obstacle;
}

function runHelper(helper: FlockHelper, descriptor: number): Promise<'locked' | 'busy' | 'refused' | 'unusable'> {
  return new Promise((resolve, reject) => {
    const child = spawn(helper.command, helper.args, { stdio: ['ignore', 'ignore', 'pipe', descriptor] });
    let hasWords = false;
    child.stderr?.on('data', () => {
      hasWords = true;
    });
    child.once('error', (error) => {
      const code = systemErrorCode(error);
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') resolve('unusable');
      else reject(new AppError('internal', `cannot run ${helper.command}: ${describe(error)}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve('locked');
      else if (code === 1 && !hasWords) resolve('busy');
      else resolve(code === 1 || helper.refusedExits.includes(code ?? 0) ? 'refused' : 'unusable');
    });
  });
}

function busy(path: string): AppError {
  return new AppError('lock-busy', `another program has held ${path} for ${waitMs / 1000} s`, {
    hint: 'wait for the official client to finish, then run the command again; nothing was changed',
    details: { path },
  });
}
