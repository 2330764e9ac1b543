import type { Account } from '../accounts/account.js';
import { finishLogin } from '../codex/in-place-write.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { isKnownSpent } from '../lineage/lineage-log.js';
import { spread } from '../lineage/rotation.js';
import { keepRecord } from '../pools/kept-record.js';
import type { ScopeContent, ScopeRecords } from '../pools/scope-records.js';
import { recordsOf } from '../pools/scope-records.js';
import { type OpeningStore, openStore, type Store } from '../pools/store.js';
import { newerTokens, withLegacy } from '../roster/legacy-pools.js';
import { assertOurs } from '../storage/adoption.js';
import { makePrivateDirectory } from '../storage/atomic-file.js';
import { withLock } from '../storage/file-lock.js';
import { keepAside } from '../storage/kept.js';
import { reclaimTokenLocks, sweepLockLeftovers } from '../storage/lock-leftovers.js';
import type { Root } from '../storage/root.js';
import { recoverJournal } from './journal-recovery.js';

/** How long a writer waits for the others. */
const storeWaitMs = 10_000;

export interface StoreOptions {
  readonly signal?: AbortSignal;
}

/** Runs a task that reads, changes and writes under the lock, so that no update is lost (P9). */
export async function withStore<T>(
  root: Root,
  options: StoreOptions,
  task: (store: Store) => Promise<T> | T,
): Promise<T> {
  assertOurs(root);
  makePrivateDirectory(root.paths.root);
  const lockOptions = {
    directory: root.paths.locks,
    clock: root.clock,
    processes: root.processes,
    onWaiting: root.onWaiting,
    waitMs: storeWaitMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return withLock('store', lockOptions, async (lock) => {
    makePrivateDirectory(root.paths.locks);
    const store = openStore(root, lock);
    sweepLockLeftovers(root.paths.locks, root.processes);
    reclaimTokenLocks(root.paths.locks, root.processes);
    await finishInterruptedLogin(root);
    settleMoves(store);
    recoverJournal(store);
    mergeLegacyPools(store);
    return task(store);
  });
}

async function finishInterruptedLogin(root: Root): Promise<void> {
  try {
    await finishLogin(root);
  } catch (error) {
    // Locked or unreadable at the moment: `doctor` names it, and the next writer tries again.
    if (!(error instanceof AppError)) throw error;
  }
}

type Unsettled = ScopeRecords & { readonly unsettled: NonNullable<ScopeRecords['unsettled']> };

/**
 * Finishes on disk the moves that reading has resolved (`moves.ts`). Every record that stays has the newest tokens before
 * any copy goes: at no instant an account or its newest tokens are nowhere.
 */
function settleMoves(store: Store): void {
  const scopes = store.scopes().filter((scope): scope is Unsettled => scope.unsettled !== undefined);
  for (const scope of scopes) keepOtherLogins(store, scope);
  for (const { key, unsettled, pool, flagged } of scopes) {
    saveFlagged(store, key, unsettled.flagged.accounts, brought(unsettled.flagged.accounts, flagged.accounts));
    savePool(store, key, unsettled.pool.accounts, brought(unsettled.pool.accounts, pool.accounts));
  }
  for (const { key, unsettled, pool, flagged } of scopes) {
    savePool(store, key, brought(unsettled.pool.accounts, pool.accounts), pool.accounts);
    saveFlagged(store, key, brought(unsettled.flagged.accounts, flagged.accounts), flagged.accounts);
  }
}

/** The records on disk, with those that stay in their final form. */
function brought<A extends Account>(stored: readonly A[], settled: readonly A[]): A[] {
  return stored.map((each) => settled.find(({ id }) => id === each.id) ?? each);
}

function savePool(store: Store, key: string | undefined, stored: readonly Account[], accounts: readonly Account[]) {
  if (isChanged(stored, accounts)) store.savePool(key, { ...store.scope(key).pool, accounts });
}

type SetAside = ScopeRecords['flagged']['accounts'];

function saveFlagged(store: Store, key: string | undefined, stored: SetAside, accounts: SetAside): void {
  if (isChanged(stored, accounts)) store.saveFlagged(key, { ...store.scope(key).flagged, accounts });
}

function isChanged(before: readonly Account[], after: readonly Account[]): boolean {
  return before.length !== after.length || before.some((account, index) => account !== after[index]);
}

/** A copy that goes may have got a login of its own from another tool; it is kept where `import` can bring it back. */
function keepOtherLogins(store: Store, { key, unsettled, pool, flagged }: Unsettled): void {
  const staying = [...pool.accounts, ...flagged.accounts].map(({ id }) => id);
  const elsewhere = store.scopes().filter((each) => each.key !== key);
  for (const account of [...unsettled.pool.accounts, ...unsettled.flagged.accounts]) {
    const { refreshToken } = account.tokens;
    if (staying.includes(account.id) || refreshToken === undefined) continue;
    const isKept = recordsOf(elsewhere).some(({ tokens }) => refreshToken.equals(tokens.refreshToken));
    if (isKept || isKnownSpent(store.root, refreshToken)) continue;
    keepRecord(store.root, 'duplicate-account', account);
  }
}

/**
 * Makes what `withLegacy` shows permanent. The old files go only when everything is written, with copies kept; a
 * merge that is cut short is finished by the next writer. Throws with the old files in place.
 */
function mergeLegacyPools(store: OpeningStore): void {
  for (const { key, legacyKeys, onMerged } of store.root.projects?.() ?? []) {
    for (const legacyKey of legacyKeys) {
      const keptFiles = mergeLegacyPool(store, legacyKey, key);
      if (keptFiles !== undefined) onMerged(legacyKey, keptFiles);
    }
  }
}

/** Returns where copies of the old files are; undefined where there is nothing to merge. */
function mergeLegacyPool(store: OpeningStore, legacyKey: string, key: string): string[] | undefined {
  const legacy = store.scopes().find((scope) => scope.key === legacyKey);
  if (legacy === undefined) return undefined;
  try {
    takeIn(store, legacy, key);
    const versions = [legacy.poolVersion, legacy.flaggedVersion].filter((version) => version.kind === 'present');
    const keptFiles = versions.map(({ bytes }) => keepAside(store.root, 'worktree-accounts', bytes));
    store.removeScope(legacyKey);
    return keptFiles;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint, details } = error;
    const stays = `what an older version kept for one checkout stays in ${legacy.files.pool}`;
    throw new AppError(code, `${message}; ${stays}`, { ...definedOnly({ hint, details }), cause: error });
  }
}

function takeIn(store: Store, legacy: ScopeRecords, key: string): void {
  const others = () => store.scopes().filter((scope) => scope.key !== legacy.key && scope.key !== key);
  for (const { holder, tokens } of newerTokens([store.scope(key), ...others()], legacy)) {
    const isSpent = tokens.refreshToken !== undefined && isKnownSpent(store.root, tokens.refreshToken);
    if (!isSpent) spread(store, holder.id, tokens, holder.tokens.refreshToken);
  }
  const to = store.scope(key);
  const { pool, flagged } = withLegacy(to, legacy, others(), store.root.clock.now());
  if (isLonger(flagged, to.flagged)) store.saveFlagged(key, flagged);
  store.savePool(key, pool);
}

function isLonger(a: ScopeContent['flagged'], b: ScopeContent['flagged']): boolean {
  return a.accounts.length + a.unrecognised.length > b.accounts.length + b.unrecognised.length;
}
