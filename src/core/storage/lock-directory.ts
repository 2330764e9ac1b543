import * as fs from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { makeDirectory } from './atomic-file.js';
import { type LockOwner, nonceOf, readOwner, recordPath, writeOwner } from './lock-owner.js';
import type { ProcessIdentity } from './process-table.js';

/*
 * Why two processes can never both hold a lock.
 *
 * A lock is the directory `<name>.held`, and it is held by the one whose record `owner-<nonce>.json` is in it. Three
 * steps exist, each of them one atomic system call:
 *
 *   take     rename a private directory that already holds the own record to `<name>.held`. rename(2) replaces a
 *            directory only if it is empty, so this fails as long as any record is there.
 *   release  unlink the own record.
 *   reclaim  unlink the record of an owner that is proven dead.
 *
 * A nonce is used once, and a record comes into existence only by its owner's take. So an unlink can only ever end
 * the acquisition that it means: it is a compare-and-delete. Any number of reclaimers may unlink the same dead record,
 * one succeeds, the others find nothing, and then all compete in take. A reclaimer that is stopped before its unlink,
 * or killed there, hinders nobody, and when it goes on an hour later its unlink finds nothing. There is no step
 * between two system calls that has to be protected by another lock.
 *
 * From take until release or reclaim a record is in the directory, hence no second take succeeds; a dead owner does
 * nothing any more. What can be left by a kill: a private directory (swept), an empty `<name>.held` (the next take
 * replaces it), or a dead owner's record (reclaimed).
 *
 * An owner on another host, or one whose record is unreadable, cannot be proven dead; see `lock-wait.ts` for
 * the one case that rests on time.
 */

/** The directory of a lock. Deliberately not `*.lock`: the official client treats such names as its own. */
export function lockPath(directory: string, name: string): string {
  return join(directory, `${name}.held`);
}

/** `owner` is undefined when the record cannot be understood. */
export type LockSighting =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly nonce: string; readonly owner: LockOwner | undefined };

/** Who holds the lock at this moment. */
export function sightLock(path: string): LockSighting {
  const entries = listLock(path);
  const nonce = entries.map(nonceOf).find((candidate) => candidate !== undefined);
  if (nonce === undefined) {
    for (const entry of entries) removeStray(join(path, entry));
    return { kind: 'free' };
  }
  const owner = readOwner(path, nonce);
  return owner === 'gone' ? { kind: 'free' } : { kind: 'held', nonce, owner };
}

/** Unlinks the record with that nonce, which ends that acquisition and no other. */
export function removeRecord(path: string, nonce: string): void {
  try {
    fs.unlinkSync(recordPath(path, nonce));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

/** The last heartbeat of an owner, by the owner's clock: good only to notice that it changes. */
export function heartbeatOf(path: string, nonce: string): number | undefined {
  return fs.statSync(recordPath(path, nonce), { throwIfNoEntry: false })?.mtimeMs;
}

/** `.<name>.<pid>-<start>-<nonce>.tmp`: names its process, so that it can be swept when that is dead. */
export function privateName(name: string, process: ProcessIdentity, nonce: string): string {
  return `.${name}.${process.pid}-${process.startedAt ?? 0}-${nonce}.tmp`;
}

/** One attempt to own a lock, and after `take` the ownership. */
export class LockClaim {
  readonly path: string;
  readonly #directory: string;
  readonly #owner: LockOwner;

  constructor(directory: string, owner: LockOwner) {
    this.path = lockPath(directory, owner.name);
    this.#directory = directory;
    this.#owner = owner;
  }

  /** Throws ELOCKED when somebody else holds the lock, or a system error. */
  take(): void {
    makeDirectory(this.#directory);
    const prepared = join(this.#directory, privateName(this.#owner.name, this.#owner, this.#owner.nonce));
    try {
      fs.mkdirSync(prepared, { mode: 0o700 });
      writeOwner(prepared, this.#owner);
      renameOntoNothing(prepared, this.path);
    } catch (error) {
      // A network file system can report a repeated rename as failed after the first one succeeded.
      if (this.isOurs()) return;
      fs.rmSync(prepared, { recursive: true, force: true });
      // ENOENT: another process swept our private directory away. The next attempt makes it again, as for a busy lock.
      if (!isTaken(error) && systemErrorCode(error) !== 'ENOENT') throw error;
      throw Object.assign(new Error('the lock is held'), { code: 'ELOCKED' });
    }
  }

  isOurs(): boolean {
    return fs.existsSync(recordPath(this.path, this.#owner.nonce));
  }

  release(): void {
    removeRecord(this.path, this.#owner.nonce);
    removeIfEmpty(this.path);
  }

  /**
   * The file system as proper-lockfile 4.1.2 may see it: its lock directory is ours, and its heartbeat sets the times
   * of our own record alone, so that it cannot touch a successor's lock. Its exit handler calls `rmdirSync`.
   */
  asFileSystem() {
    const record = recordPath(this.path, this.#owner.nonce);
    return {
      mkdir: (_path: string, done: Done) => settle(done, () => this.take()),
      rmdir: (_path: string, done: Done) => settle(done, () => this.release()),
      rmdirSync: () => this.release(),
      stat: (_path: string, done: Done<fs.Stats>) => settle(done, () => fs.statSync(record)),
      utimes: (_path: string, accessed: Date, modified: Date, done: Done) =>
        settle(done, () => fs.utimesSync(record, accessed, modified)),
    };
  }
}

type Done<T = void> = (error: unknown, result?: T) => void;

function settle<T>(done: Done<T>, action: () => T): void {
  let result: T;
  try {
    result = action();
  } catch (error) {
    done(error);
    return;
  }
  done(null, result);
}

/** Renames, also where Windows refuses to replace an empty directory. */
function renameOntoNothing(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!isRefusal(error) || !fs.existsSync(to)) throw error;
    // This fails, as it must, when the directory is not empty: then the lock is held.
    fs.rmdirSync(to);
    fs.renameSync(from, to);
  }
}

function isTaken(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

function isRefusal(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'EPERM' || code === 'EACCES';
}

export function removeIfEmpty(path: string): void {
  try {
    fs.rmdirSync(path);
  } catch {
    // The lock is already released. What is in the directory, such as a successor's record, may stay.
  }
}

/** Removes what a file manager or a network file system put there: it would make a free lock look taken for ever. */
function removeStray(path: string): void {
  try {
    fs.rmSync(path, { recursive: true, force: true });
  } catch {
    // Its maker still uses it. The next look tries again, and the wait is bounded.
  }
}

function listLock(path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
