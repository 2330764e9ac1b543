import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { orInstead, systemErrorCode } from '../errors.js';
import { listDirectory } from './atomic-file.js';
import { privateName, removeIfEmpty, removeRecord, sightLock } from './lock-directory.js';
import { nonceOf, readOwner } from './lock-owner.js';
import type { ProcessIdentity, ProcessTable } from './process-table.js';

const privatePattern = /^\.(?<name>.+)\.(?<pid>\d+)-(?<start>[^-]+)-[0-9a-f]+\.tmp$/;

const heldPattern = /^(store|guard|redeem|share|(person|login|token)-[0-9a-f]{16})\.held$/;

/** Whether an entry of the lock directory is a lock, or was about to become one. */
export function isLockEntry(path: string): boolean {
  const name = basename(path);
  const isNamed = heldPattern.test(name) || privatePattern.test(name);
  return isNamed && fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Removes the private directories of processes that died while taking a lock. Returns the names removed. A wrong
 * judgement would be harmless: the directory is first renamed, so that either its maker's take wins, or the sweep.
 */
export function sweepLockLeftovers(directory: string, processes: ProcessTable): string[] {
  return listDirectory(directory).filter((entry) => {
    const parts = privatePattern.exec(entry)?.groups;
    if (parts === undefined || processes.stateOf(makerOf(directory, entry, parts, processes)) !== 'dead') return false;
    return remove(directory, entry, privateName(parts['name'] ?? '', processes.self, randomBytes(12).toString('hex')));
  });
}

/**
 * Frees the locks of dead owners that are named after a token: once the token has been exchanged, no process takes them
 * again. Each step is one that `lock-directory.ts` allows to any process.
 */
export function reclaimTokenLocks(directory: string, processes: ProcessTable): void {
  for (const entry of listDirectory(directory).filter((each) => /^(login|token)-.+\.held$/.test(each))) {
    try {
      reclaim(join(directory, entry), processes);
    } catch (error) {
      // The directory is not ours to change, which `doctor` reports; no process waits for this lock.
      if (systemErrorCode(error) === undefined) throw error;
    }
  }
}

function reclaim(path: string, processes: ProcessTable): void {
  const sighting = sightLock(path);
  if (sighting.kind === 'held') {
    if (sighting.owner === undefined || processes.stateOf(sighting.owner) !== 'dead') return;
    removeRecord(path, sighting.nonce);
  }
  removeIfEmpty(path);
}

/** Who made it, by its record, else by its name. The name does not tell the host: this one is assumed. */
function makerOf(
  directory: string,
  entry: string,
  parts: Record<string, string>,
  processes: ProcessTable,
): ProcessIdentity {
  const path = join(directory, entry);
  const nonce = listDirectory(path)
    .map(nonceOf)
    .find((candidate) => candidate !== undefined);
  const owner = nonce === undefined ? undefined : readableOwner(path, nonce);
  if (owner !== undefined && owner !== 'gone') return owner;
  const startedAt = parts['start'] === '0' ? undefined : parts['start'];
  return { ...processes.self, pid: Number(parts['pid']), startedAt };
}

function readableOwner(path: string, nonce: string): ReturnType<typeof readOwner> {
  // Another user's record cannot be read; `makerOf` then goes by the name.
  return orInstead(
    () => readOwner(path, nonce),
    () => undefined,
  );
}

function remove(directory: string, entry: string, swept: string): boolean {
  try {
    fs.renameSync(join(directory, entry), join(directory, swept));
    fs.rmSync(join(directory, swept), { recursive: true, force: true });
    return true;
  } catch (error) {
    // Another sweep or its maker was faster; or the directory is not ours to change, which `doctor` reports.
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
