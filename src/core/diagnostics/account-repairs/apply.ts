import { isDeepStrictEqual } from 'node:util';
import type { AccountState } from '../../health/account-state.js';
import { flagAccount } from '../../logins/flagging.js';
import { readEntries } from '../../logins/journal.js';
import type { Store } from '../../pools/store.js';
import { forgetConversations, forgetExpired } from './expired-facts.js';
import { inheritKnowledge, mergeRecords } from './merge-records.js';
import { planAccountRepairs } from './plan.js';
import { isStored, type StoredRepair } from './repair.js';
import { rewriteRecords } from './rewrite-records.js';
import type { RepairWorld } from './world.js';

export interface AppliedRepair {
  readonly repair: StoredRepair;
  /** `not-needed`: another process has seen to it, or the account is gone. */
  readonly outcome: 'done' | 'not-needed';
  /** Where records went that hold another login than the one that stays. */
  readonly keptFiles: readonly string[];
}

/**
 * Applies the repairs of a plan that are still needed now that we hold the lock. Refreshes are for whoever may spend a
 * token: see {@link StoredRepair}. Throws when a file cannot be written; what is done until then stands.
 */
export function applyAccountRepairs(
  store: Store,
  repairs: readonly StoredRepair[],
  plannedIn: RepairWorld,
): AppliedRepair[] {
  const needed = planNow(store, plannedIn);
  const isNeeded = (repair: StoredRepair) => needed.some((each) => isDeepStrictEqual(each, repair));
  const due = repairs.filter(isNeeded);
  const keptFiles = mergeRecords(store, due);
  rewriteRecords(store, due, plannedIn.now);
  for (const repair of due) if (repair.kind === 'flag') flagAccount(store, repair.accountId, repair);
  store.changeState((state) => due.reduce((known, repair) => forget(known, repair, plannedIn), state));
  return repairs.map((repair) => ({
    repair,
    outcome: due.includes(repair) || isDoneByOpening(repair) ? 'done' : 'not-needed',
    keptFiles: keptFiles.get(repair) ?? [],
  }));
}

/** The same question again, about the files as they are under the lock. */
function planNow(store: Store, plannedIn: RepairWorld): StoredRepair[] {
  let state = plannedIn.state;
  store.changeState((current) => {
    state = current;
    return current;
  });
  const journal = readEntries(store.root.paths.journal);
  const beside = { ...plannedIn.beside, journal };
  return planAccountRepairs({ ...plannedIn, scopes: store.scopes(), beside, state }).filter(isStored);
}

/** Whoever opens a store finishes what was interrupted, before anything else. */
function isDoneByOpening({ kind }: StoredRepair): boolean {
  return kind === 'finish-move' || kind === 'finish-refresh';
}

function forget(state: AccountState, repair: StoredRepair, { now, settings }: RepairWorld): AccountState {
  switch (repair.kind) {
    case 'merge-duplicates':
      return inheritKnowledge(state, repair);
    case 'drop-expired-facts':
      return forgetExpired(state, repair.accountId, now);
    case 'forget-conversations':
      return forgetConversations(state, now, settings.sessionAffinityTtlMs);
    default:
      return state;
  }
}
