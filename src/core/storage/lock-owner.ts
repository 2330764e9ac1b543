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
  /** One acquisition, never used again: the name of its record is made of it. */
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

/** Of a directory whose path has been joined: doing that once more for each look at a lock would go through all its letters. */
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
 * The record, `gone` when it was released meanwhile, or undefined when it cannot be understood. No crash of ours
 * leaves such a one; a power failure can, since nothing here is synced. Throws `storage-unreadable` for one that another
 * user has closed to us.
 */
export function readOwner(directory: string, nonce: string): LockOwner | 'gone' | undefined {
  const record = readVersion(recordPath(directory, nonce), largestRecordBytes);
  if (record.kind === 'absent') return 'gone';
  const parsed = ownerSchema.safeParse(jsonIn(record.content));
  return parsed.success && parsed.data.nonce === nonce ? parsed.data : undefined;
}
