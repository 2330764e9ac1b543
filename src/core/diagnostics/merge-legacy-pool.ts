import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Account, newAccountId } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { wasRemoved } from '../accounts/pool.js';
import { backupPaths } from '../storage/backups.js';
import { keepAside } from '../storage/kept.js';
import { isNewer } from '../storage/lineage.js';
import { readLineage } from '../storage/lineage-log.js';
import { storeRotation } from '../storage/rotation.js';
import type { ScopeRecords } from '../storage/scope-files.js';
import type { Store } from '../storage/store.js';
import { historyOf } from './newest-login.js';

/**
 * Merges a pool that older versions keyed by a worktree's own path into the pool of its repository (DESIGN §5). The old
 * files go only after the new ones are written, and a copy of them is kept. Returns where the copy of the pool is.
 */
export function mergeLegacyPool(store: Store, fromKey: string, toKey: string): string | undefined {
  const from = store.scope(fromKey);
  const others = store.scopes().filter(({ key }) => key !== fromKey);
  const known = others.flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts]);
  const isNew = (account: Account) =>
    findSame(known, account) === undefined && !others.some(({ pool }) => wasRemoved(pool, account));
  const takeNewer = (account: Account) => passOnTokens(store, findSame(known, account), account);
  [...from.pool.accounts, ...from.flagged.accounts].forEach(takeNewer);

  const { pool, flagged } = store.scope(toKey);
  if (hasAny(from.flagged)) store.saveFlagged(toKey, { ...flagged, ...joined(flagged, from.flagged, isNew) });
  const activeId = pool.activeId ?? from.pool.activeId;
  const removed = [...pool.removed, ...from.pool.removed.filter((each) => !wasRemoved(pool, each))];
  const merged = joined(pool, from.pool, isNew);
  store.savePool(toKey, { ...pool, ...merged, removed, ...(activeId === undefined ? {} : { activeId }) });
  return removeFiles(store, from);
}

interface Entries<A extends Account> {
  readonly accounts: readonly A[];
  readonly unrecognised: readonly unknown[];
}

function hasAny({ accounts, unrecognised }: Entries<Account>): boolean {
  return accounts.length + unrecognised.length > 0;
}

/** Each account under an id that the destination does not use yet. */
function joined<A extends Account>(to: Entries<A>, from: Entries<A>, isNew: (account: Account) => boolean): Entries<A> {
  const ids = new Set(to.accounts.map(({ id }) => id));
  const withFreeId = (account: A): A => (ids.has(account.id) ? { ...account, id: newAccountId() } : account);
  return {
    accounts: [...to.accounts, ...from.accounts.filter(isNew).map(withFreeId)],
    unrecognised: [...to.unrecognised, ...from.unrecognised],
  };
}

function passOnTokens(store: Store, holder: Account | undefined, { tokens }: Account): void {
  if (holder === undefined) return;
  const isAhead = isNewer({ source: 'pool', tokens }, { source: 'pool', tokens: holder.tokens });
  const isSpent = historyOf(readLineage(store.root)).isSpent(tokens.refreshToken);
  if (isAhead && !isSpent) storeRotation(store, holder.id, tokens, undefined);
}

function removeFiles(store: Store, { files, poolVersion, flaggedVersion }: ScopeRecords): string | undefined {
  const keptFiles = [poolVersion, flaggedVersion].map((version) =>
    version.kind === 'absent' ? undefined : keepAside(store.root, 'worktree-accounts', version.bytes),
  );
  for (const path of [files.pool, files.flagged]) {
    for (const each of [path, ...backupPaths(path)]) rmSync(each, { force: true });
  }
  try {
    rmdirSync(dirname(files.pool));
  } catch {
    // Something else is in it, which is not ours to remove; without its pool the directory is no scope any more.
  }
  return keptFiles.find((path) => path !== undefined);
}
