import type { CodexHome } from '../../codex/home.js';
import { type AccountState, readAccountState } from '../../health/account-state.js';
import { type BesideRecords, readBesideRecords } from '../../lineage/beside-records.js';
import { isUnderWay, type JournalEntry } from '../../lineage/journal.js';
import { readAllScopes } from '../../pools/scope-files.js';
import type { ScopeRecords } from '../../pools/scope-records.js';
import { recordsOf } from '../../pools/scope-records.js';
import type { Settings } from '../../settings.js';
import type { Root } from '../../storage/root.js';

export type RepairScope = Pick<ScopeRecords, 'key' | 'pool' | 'flagged' | 'unsettled'>;

export type RepairSettings = Pick<
  Settings,
  'tokenRefreshSkewMs' | 'flagAfterConsecutiveFailures' | 'sessionAffinityTtlMs'
>;

/** Everything that decides which repairs the stored accounts need. */
export interface RepairWorld {
  readonly scopes: readonly RepairScope[];
  readonly beside: BesideRecords;
  /** Whether the process that made a journal entry has ended, or has given the entry up. */
  readonly isAbandoned: (entry: JournalEntry) => boolean;
  readonly state: AccountState;
  readonly now: number;
  readonly settings: RepairSettings;
}

/** Reads without a lock and changes nothing. Throws where a pool cannot be read (P11). */
export function readRepairWorld(root: Root, home: CodexHome, settings: RepairSettings): RepairWorld {
  const { paths, clock } = root;
  const scopes = readAllScopes(paths);
  return {
    scopes,
    beside: readBesideRecords(root, home, recordsOf(scopes)),
    isAbandoned: (entry: JournalEntry) => !isUnderWay(root, entry),
    state: readAccountState(paths.accountState).state,
    now: clock.now(),
    settings,
  };
}
