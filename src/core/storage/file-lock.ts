import { AppError, systemErrorCode } from '../errors.js';
import { describe } from './file-errors.js';
import { LockClaim, removeRecord, sightLock } from './lock-directory.js';
import { createLockOwner } from './lock-owner.js';
import { describeLock, type LockPatience, LockWait } from './lock-wait.js';
import { wayToRoom } from './room.js';

export interface LockHandle {
  readonly name: string;
  /** Synchronous, for the instant before a write: throws `storage-conflict` unless the lock is still ours. */
  assertHeld(): void;
}

export interface LockOptions extends LockPatience {
  /** `<root>/locks`, created when missing. */
  readonly directory: string;
}

interface Hold {
  readonly handle: LockHandle;
  release(): Promise<void>;
}

/**
 * Runs a task while no other process, and no other task of this one, holds the lock of that name. Not re-entrant: a
 * task that asks for its own lock again waits for itself and gets `lock-busy`. Throws `lock-busy`,
 * `storage-write-failed`, the signal's reason, or whatever the task throws.
 */
export async function withLock<T>(
  name: string,
  options: LockOptions,
  task: (lock: LockHandle) => Promise<T> | T,
): Promise<T> {
  const hold = await acquire(name, options);
  let result: T;
  try {
    result = await task(hold.handle);
  } catch (error) {
    // The task's own error says more than a failed release. The lock ends with this process anyway.
    await hold.release().catch(() => undefined);
    throw error;
  }
  await hold.release();
  return result;
}

async function acquire(name: string, options: LockOptions): Promise<Hold> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw new AppError('internal', `"${name}" cannot name a lock`);
  const claim = new LockClaim(options.directory, createLockOwner(name, options.processes, options.clock));
  const wait = new LockWait(name, options);
  for (;;) {
    options.signal?.throwIfAborted();
    const sighting = onDisk(options.directory, () => sightLock(claim.path));
    if (sighting.kind === 'free') {
      const hold = await take(name, claim, options.directory);
      if (hold !== undefined) return hold;
      await wait.pause(undefined);
    } else if (onDisk(options.directory, () => wait.hasEnded(claim.path, sighting))) {
      onDisk(options.directory, () => removeRecord(claim.path, sighting.nonce));
    } else {
      await wait.pause(sighting);
    }
  }
}

/**
 * proper-lockfile creates, keeps alive and removes the lock, at exit and on signals too. `stale` switches off what it
 * would decide by comparing wall clocks: `acquire` alone decides whose lock may be taken away.
 */
async function take(name: string, claim: LockClaim, directory: string): Promise<Hold | undefined> {
  // The default export, because a bundler does not know the named exports of a CommonJS module.
  const { default: properLockfile } = await import('proper-lockfile');
  let lost: Error | undefined;
  try {
    const unlock = await properLockfile.lock(claim.path, {
      lockfilePath: claim.path,
      realpath: false,
      stale: Number.POSITIVE_INFINITY,
      update: 5_000,
      retries: 0,
      fs: claim.asFileSystem(),
      // A timer of proper-lockfile calls this, so that a throw would end the process.
      onCompromised: (error) => {
        lost = error;
      },
    });
    const handle = { name, assertHeld: () => assertHeld(name, claim, lost) };
    return { handle, release: () => release(unlock, claim, directory) };
  } catch (error) {
    if (systemErrorCode(error) === 'ELOCKED') return undefined;
    throw lockWriteFailed(directory, error);
  }
}

function assertHeld(name: string, claim: LockClaim, lost: Error | undefined): void {
  if (lost === undefined && claim.isOurs()) return;
  throw new AppError('storage-conflict', `the lock on ${describeLock(name)} was lost while working under it`, {
    hint: 'run the command again',
    details: { lock: name },
    cause: lost,
  });
}

async function release(unlock: () => Promise<void>, claim: LockClaim, directory: string): Promise<void> {
  try {
    await unlock();
  } catch (error) {
    // proper-lockfile gave the lock up as compromised. Its directory may still be there, with us as its owner.
    if (systemErrorCode(error) === 'ERELEASED') onDisk(directory, () => claim.release());
    else throw lockWriteFailed(directory, error);
  }
}

function onDisk<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw lockWriteFailed(directory, error);
  }
}

/** What the operating system refused becomes an error for a person; anything else is a defect and stays what it is. */
function lockWriteFailed(directory: string, error: unknown): unknown {
  if (error instanceof AppError || systemErrorCode(error) === undefined) return error;
  return new AppError('storage-write-failed', `cannot use a lock in ${directory}: ${describe(error)}`, {
    hint: wayToRoom(systemErrorCode(error), directory) ?? 'check that directory, then run the command again',
    details: { path: directory },
    cause: error,
  });
}
