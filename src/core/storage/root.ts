import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { AppError, systemErrorCode } from '../errors.js';
import { describe, wayOut } from './file-errors.js';
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
   * Whether the person has agreed that the root may be a directory with other things in it. Absent where the
   * environment names no root.
   */
  readonly mayAdopt?: () => boolean;
  /** Called once for a lock that another process holds long enough for a person to wonder. */
  readonly onWaiting?: LockPatience['onWaiting'];
  /** The projects that a command is about; absent where it names none. */
  readonly projects?: () => readonly ProjectPlace[];
}

/** A project whose pool the next writer of the root brings up to date. */
export interface ProjectPlace {
  readonly key: string;
  /** Kept in its pool, because a key does not tell which directory leads there. */
  readonly root?: string;
  /** Pools that older versions keyed by the path of one checkout: the next writer merges them. */
  readonly legacyKeys: readonly string[];
  /** Called after such a pool has been merged, with the paths where copies of its files are kept. */
  readonly onMerged: (legacyKey: string, keptFiles: readonly string[]) => void;
}

/**
 * Throws `storage-wrong-owner` when the root belongs to another user: under sudo we would leave files that their owner
 * can no longer read (P21). For the superuser, a root that does not exist yet counts as that of the owner of its place.
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

/** The owner of the nearest existing directory above. Under sudo that is the person, not the superuser. */
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
