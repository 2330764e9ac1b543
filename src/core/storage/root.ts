import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { AppError, systemErrorCode } from '../errors.js';
import { describe, wayOut } from './atomic-file.js';
import type { LockPatience } from './lock-wait.js';
import type { RootPaths } from './paths.js';
import type { ProcessTable } from './process-table.js';

/** The directory that holds everything, with what its storage needs from the machine. */
export interface Root {
  readonly paths: RootPaths;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Absent on Windows, which has no numeric users. */
  readonly effectiveUserId?: number;
  /**
   * Whether the person has said that it may be in a directory with other things in it. Absent where nobody has named
   * one.
   */
  readonly mayAdopt?: () => boolean;
  /** Called once for a lock that another process holds long enough for a person to wonder. */
  readonly onWaiting?: LockPatience['onWaiting'];
  /** The projects that a writer is about; absent where nobody has said. */
  readonly projects?: () => readonly ProjectPlace[];
}

/** What a writer does for the pool of a project that it is about. */
export interface ProjectPlace {
  readonly key: string;
  /** Kept in its pool, because a key does not tell which directory leads there. */
  readonly root?: string;
  /** Pools that older versions keyed by the path of one checkout: the next writer merges them. */
  readonly legacyKeys: readonly string[];
  /** Called when one has been merged, with where copies of its files are. */
  readonly onMerged: (legacyKey: string, keptFiles: readonly string[]) => void;
}

/**
 * Throws `storage-wrong-owner` when the root belongs to another user: under sudo we would leave files that their owner
 * can no longer read (P21). A root that is still to be made counts as its place's owner's.
 */
export function assertOwner(root: Root): void {
  const { effectiveUserId, paths } = root;
  if (effectiveUserId === undefined) return;
  const owner = ownerOf(paths.root) ?? (effectiveUserId === superuserId ? ownerOfPlace(paths.root) : undefined);
  if (owner === undefined || owner === effectiveUserId) return;
  throw new AppError(
    'storage-wrong-owner',
    `${paths.root} belongs to user ${owner}, but this runs as user ${effectiveUserId}`,
    { hint: 'run it as the owner, without sudo', details: { path: paths.root } },
  );
}

const superuserId = 0;

/** Whose the nearest existing directory above is: the person's own, when sudo would make the first file in it. */
function ownerOfPlace(path: string): number | undefined {
  const parent = dirname(path);
  return parent === path ? undefined : (ownerOf(parent) ?? ownerOfPlace(parent));
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw new AppError('storage-unreadable', `cannot look at ${path}: ${describe(error)}`, {
      hint: wayOut(error, path) ?? `check the owner and the mode of ${dirname(path)}`,
      details: { path },
    });
  }
}
