import { isDeepStrictEqual } from 'node:util';
import type { AccountState } from '../../health/account-state.js';
import { flagAccount } from '../../logins/flagging.js';
import { giveBackTokens } from '../../logins/give-back-tokens.js';
import { readEntries } from '../../logins/journal.js';
import { changeRecords } from '../../pools/change-records.js';
import type { Store } from '../../pools/store.js';
import { forgetConversations, forgetExpired, withoutExpiredPauses } from './expired-facts.js';
import { inheritKnowledge, mergeRecords } from './merge-records.js';
import { completed, planAccountRepairs } from './plan.js';
import { isStored, type StoredRepair } from './repair.js';
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

/**
 * Writes what the records lack, and leaves out what is over. Reading has put right who they are; the write makes that
 * permanent, so that a corrected account id needs nothing but to be stored. Each file is written once.
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
