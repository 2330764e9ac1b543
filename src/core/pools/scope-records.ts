import type { Account } from '../accounts/account.js';
import type { FlaggedPool, Pool } from '../accounts/pool.js';
import type { FileVersion } from '../storage/atomic-file.js';
import type { ScopeFiles } from '../storage/paths.js';

/** What one scope holds. */
export interface ScopeContent {
  readonly pool: Pool;
  readonly flagged: FlaggedPool;
}

/** What one scope holds on disk, with the proof of which versions were read. */
export interface ScopeRecords {
  /** Absent for the global scope. */
  readonly key?: string;
  readonly files: ScopeFiles;
  readonly pool: Pool;
  readonly flagged: FlaggedPool;
  readonly poolVersion: FileVersion;
  readonly flaggedVersion: FileVersion;
  /** The format version on disk when it was an older one. */
  readonly migratedFrom?: number;
  /** What the files hold while an account is in two places, because a move between them was cut short. */
  readonly unsettled?: ScopeContent;
}

/** Every record of these scopes, in a pool or set aside. */
export function recordsOf(scopes: readonly ScopeContent[]): Account[] {
  return scopes.flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts]);
}

export function hasFiles(scope: ScopeRecords): boolean {
  return scope.poolVersion.kind === 'present' || scope.flaggedVersion.kind === 'present';
}
