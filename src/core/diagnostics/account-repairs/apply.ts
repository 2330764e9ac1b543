import { isDeepStrictEqual } from 'node:util';
import type { AccountState } from '../../health/account-state.js';
import { readEntries } from '../../lineage/journal.js';
import { flagAccount } from '../../logins/flagging.js';
import { giveBackTokens } from '../../logins/give-back-tokens.js';
import { changeRecords } from '../../pools/change-records.js';
import type { Store } from '../../pools/store.js';
import { forgetConversations, forgetExpired, withoutExpiredPauses } from './expired-facts.js';
import { inheritKnowledge, mergeRecords } from './merge-records.js';
import { completed, planAccountRepairs } from './plan.js';
import { isStored, type StoredRepair } from './repair.js';
import type { RepairWorld } from './world.js';

export interface AppliedRepair {
  readonly repair: StoredRepair;
  /** `not-needed`: another process has done it, or the account is gone. */
  readonly outcome: 'done' | 'not-needed';
  /** Where records are kept that held another login than the one that stays. */
  readonly keptFiles: readonly string[];
}

/**
 * Applies the repairs of a plan that are still needed now that we hold the lock. It spends no token, so that refreshes
 * are none of them: see {@link StoredRepair}. Throws when a file cannot be written; what was done before stays.
 */
export function applyAccountRepairs(
  store: Store,
  repairs: readonly StoredRepair[],
  plannedIn: RepairWorld,
): AppliedRepair[] {
  const needed = planNow(store, plannedIn);
  const isNeeded = (repair: StoredRepair) => needed.some((each) => isDeepStrictEqual(each, repair));
  const due = repairs.filter(isNeeded);
  const givenBack = giveBack(store, due);
  const keptFiles = new Map([...givenBack, ...mergeRecords(store, due)]);
  rewriteRecords(store, due, plannedIn.now);
  for (const repair of due) if (repair.kind === 'flag') flagAccount(store, repair.accountId, repair);
  store.changeState((state) => due.reduce((known, repair) => forget(known, repair, plannedIn), state));
  return repairs.map((repair) => ({
    repair,
    outcome: due.includes(repair) || isDoneByOpening(repair) ? 'done' : 'not-needed',
    keptFiles: keptFiles.get(repair) ?? [],
  }));
}

function giveBack(store: Store, due: readonly StoredRepair[]): [StoredRepair, string[]][] {
  return due.flatMap((repair): [StoredRepair, string[]][] => {
    if (repair.kind !== 'give-back-tokens') return [];
    const keptFile = giveBackTokens(store, repair.accountId);
    return [[repair, keptFile === undefined ? [] : [keptFile]]];
  });
}

/** Plans again, by the files as they are under the lock. */
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

/** Whether opening the store has done it already: that finishes what was interrupted, before anything else. */
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

/**
 * Writes what the records lack, and leaves out facts that are over. Reading a record has already corrected its
 * identity, so that a corrected account id only needs to be written. Each file is written once.
 */
function rewriteRecords(store: Store, repairs: readonly StoredRepair[], now: number): void {
  changeRecords(store, (account, key) => {
    const own = repairs.filter((each) => 'scopeKey' in each && each.scopeKey === key && each.accountId === account.id);
    const kinds = own.map(({ kind }) => kind);
    const isCorrected = kinds.includes('correct-account-id') || kinds.includes('fill-in');
    const whole = isCorrected ? { ...completed(account) } : account;
    return kinds.includes('drop-expired-facts') ? withoutExpiredPauses(whole, now).kept : whole;
  });
}
