import { statSync } from 'node:fs';
import type { Clock } from '../clock.js';
import { AppError, systemErrorCode } from '../errors.js';
import { describe } from './atomic-file.js';
import type { RootPaths } from './paths.js';
import type { ProcessTable } from './process-table.js';

/** The directory that holds everything, with what its storage needs from the machine. */
export interface Root {
  readonly paths: RootPaths;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Absent on Windows, which has no numeric users. */
  readonly effectiveUserId?: number;
}

/**
 * Throws `storage-wrong-owner` when the root belongs to another user: under sudo we would leave files that their owner
 * can no longer read (P21).
 */
export function assertOwner(root: Root): void {
  const owner = ownerOf(root.paths.root);
  if (owner === undefined || root.effectiveUserId === undefined || owner === root.effectiveUserId) return;
  throw new AppError(
    'storage-wrong-owner',
    `${root.paths.root} belongs to user ${owner}, but this runs as user ${root.effectiveUserId}`,
    { hint: 'run it as the owner, without sudo', details: { path: root.paths.root } },
  );
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw new AppError('storage-unreadable', `cannot look at ${path}: ${describe(error)}`, { details: { path } });
  }
}
