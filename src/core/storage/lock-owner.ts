import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { sep } from 'node:path';
import * as z from 'zod/mini';
import type { Clock } from '../clock.js';
import { toIso } from '../instant.js';
import { jsonIn } from '../json-text.js';
import { readVersion } from './atomic-file.js';
import type { ProcessTable } from './process-table.js';
import { largestRecordBytes } from './regular-file.js';

const ownerSchema = z.object({
  // kill(2) gives zero and negative numbers another meaning.
  pid: z.int32().check(z.positive()),
  startedAt: z.optional(z.string()),
  bootId: z.optional(z.string()),
  pidNamespace: z.optional(z.string()),
  host: z.string(),
  /** Names one acquisition, and is never used again. It is part of the name of the record. */
  nonce: z.string(),
  name: z.string(),
  /** ISO 8601, by the owner's clock: to be shown, never compared. */
  acquiredAt: z.string(),
});

/** Who holds a lock, or is about to. */
export type LockOwner = Readonly<z.infer<typeof ownerSchema>>;

export function createLockOwner(name: string, processes: ProcessTable, clock: Clock): LockOwner {
  const nonce = randomBytes(12).toString('hex');
  return { ...processes.self, nonce, name, acquiredAt: toIso(clock.now()) };
}

const recordPattern = /^owner-([0-9a-f]+)\.json$/;

/** Put together without `join`, which would go through all letters of the path at each look at a lock. */
export function recordPath(directory: string, nonce: string): string {
  return `${directory}${sep}owner-${nonce}.json`;
}

/** The nonce in the name of an owner record, undefined for any other file. */
export function nonceOf(fileName: string): string | undefined {
  return recordPattern.exec(fileName)?.[1];
}

export function writeOwner(directory: string, owner: LockOwner): void {
  writeFileSync(recordPath(directory, owner.nonce), `${JSON.stringify(owner)}\n`, { flag: 'wx', mode: 0o600 });
}

/**
 * The record, `gone` when it was released meanwhile, or undefined when it cannot be understood. A crash of this program
 * leaves no such record; a power failure can, since nothing here is synced. Throws `storage-unreadable` for a record
 * that another user has closed to us.
 */
export function readOwner(directory: string, nonce: string): LockOwner | 'gone' | undefined {
  const record = readVersion(recordPath(directory, nonce), largestRecordBytes);
  if (record.kind === 'absent') return 'gone';
  const parsed = ownerSchema.safeParse(jsonIn(record.content));
  return parsed.success && parsed.data.nonce === nonce ? parsed.data : undefined;
}
