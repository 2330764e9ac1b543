import { rmSync } from 'node:fs';
import { codexHomeAt } from '../codex/home.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { readJournal } from '../lineage/journal.js';
import { activate } from '../logins/activate.js';
import { adoptNewest } from '../logins/adopt-newest.js';
import { storeStray } from '../logins/journal-recovery.js';
import { withPersonLock } from '../logins/person-lock.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { rememberResidence } from '../logins/residence.js';
import { settleAuthFile } from '../logins/settle-auth-file.js';
import { withStore } from '../logins/with-store.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { readVersion } from '../storage/atomic-file.js';
import { writeError } from '../storage/file-errors.js';
import { type LockHandle, withLock } from '../storage/file-lock.js';
import { keepAside, moveAside } from '../storage/kept.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import { lockPath, removeRecord } from '../storage/lock-directory.js';
import { changeMode } from '../storage/regular-file.js';
import { updateSettingsFile } from '../storage/settings-store.js';
import { applyAccountRepairs } from './account-repairs/apply.js';
import { planAccountRepairs } from './account-repairs/plan.js';
import { isStored } from './account-repairs/repair.js';
import { type RepairSettings, readRepairWorld } from './account-repairs/world.js';
import { recordRepairKinds } from './checks/accounts.js';
import { recoverFile } from './recover-file.js';
import type { Repair } from './repair.js';

export interface RepairDeps extends RefreshDeps {
  readonly settings: RefreshDeps['settings'] & RepairSettings;
  readonly settingsFile: string;
}

/** What a repair did, and where it kept a file that had to make way; or why it failed. */
export type Repaired =
  | { readonly kind: 'done'; readonly repair: Repair; readonly keptFile?: string }
  | { readonly kind: 'failed'; readonly repair: Repair; readonly message: string };

/** Carries out a plan, one repair after the other; one that fails is reported and does not stop the rest. */
export async function applyRepairs(deps: RepairDeps, repairs: readonly Repair[]): Promise<Repaired[]> {
  const results: Repaired[] = [];
  for (const repair of repairs) {
    // After Ctrl-C nothing new is begun; what is done stands.
    if (deps.signal.aborted) break;
    try {
      const keptFile = await applyRepair(deps, repair);
      results.push(keptFile === undefined ? { kind: 'done', repair } : { kind: 'done', repair, keptFile });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      results.push({ kind: 'failed', repair, message: error.message });
    }
  }
  return results;
}

/** Spends no token: for a problem that needs a refresh the finding names a command instead. */
async function applyRepair(deps: RepairDeps, repair: Repair): Promise<string | undefined> {
  const { root, home, signal } = deps;
  const inStore = (task: (store: Store) => void | Promise<void>) => withStore(root, { signal }, task);
  switch (repair.kind) {
    case 'tighten-mode':
      return tightenMode(repair.path, repair.mode);
    case 'release-lock':
      removeRecord(lockPath(root.paths.locks, repair.name), repair.nonce);
      return undefined;
    case 'recover-file':
      return locked(deps, (lock) => recoverFile(root, home, lock, repair));
    case 'set-aside':
      return locked(deps, () => setAside(deps, repair.path));
    case 'keep-entry':
      return keepEntry(deps, repair.path);
    case 'sweep-leftovers':
      sweepLeftovers(root, home.authFile);
      return undefined;
    case 'finish-journal':
      // Opening the store finishes the journal.
      await inStore(() => undefined);
      return undefined;
    case 'repair-accounts':
      await repairAccounts(deps);
      return undefined;
    case 'drop-choice':
      // A choice that names no account of its pool is not written again.
      await inStore((store) => store.savePool(repair.scopeKey, store.scope(repair.scopeKey).pool));
      return undefined;
    case 'merge-legacy-pool':
      return mergeLegacyPool(deps, repair.fromKey, repair.toKey);
    case 'adopt-newest':
      await adoptNewest(root, home, repair.accountId, signal);
      return undefined;
    case 'settle-auth-file':
      await settleAuthFile(deps);
      return undefined;
    case 'share-login':
      await shareLogin(deps, repair);
      return undefined;
    case 'unset-setting':
      await updateSettingsFile(root, deps.settingsFile, repair.name, undefined, signal);
      return undefined;
  }
}

/** Moves an entry of the journal aside that cannot be read, after an answer that is whole in it was stored. */
async function keepEntry(deps: RepairDeps, path: string): Promise<string | undefined> {
  const { root, signal, provider } = deps;
  const entry = readJournal(root.paths.journal).unreadable.find((each) => each.path === path);
  const { spent, answer } = entry ?? {};
  if (answer !== undefined) {
    const stray = { path, answer, ...definedOnly({ spent }) };
    await withStore(root, { signal }, (store) => storeStray(store, stray, provider));
  }
  return locked(deps, () => moveAside(root, 'journal-entry', path));
}

/** Chooses the account in this home again. Its login is in another home too, so that this one gets a link. */
async function shareLogin(
  { root, home, signal, flockHelpers, runningClients }: RepairDeps,
  { accountId, directory, keeper }: Extract<Repair, { kind: 'share-login' }>,
): Promise<void> {
  const place = readAllScopes(root.paths).find((scope) => recordsOf([scope]).some(({ id }) => id === accountId));
  const account = place && recordsOf([place]).find(({ id }) => id === accountId);
  if (place === undefined || account === undefined) return;
  const choice = { accountId, scopeKey: place.key, choosingScopeKey: place.key };
  await withPersonLock(root, account, { signal }, () =>
    withStore(root, { signal }, (store) => {
      // A link is made to a home that this root knows, and the current one may be new to it.
      if (keeper === home.directory) rememberResidence(store, home, account);
      return activate(store, codexHomeAt(directory), {
        ...choice,
        replacesUnadoptable: false,
        flockHelpers,
        runningClients,
      });
    }),
  );
}

/** Plans the repairs of the records anew, because earlier repairs may have brought records back, and applies them. */
async function repairAccounts({ root, home, settings, signal }: RepairDeps): Promise<void> {
  const world = readRepairWorld(root, home, settings);
  const planned = planAccountRepairs(world).filter(isStored);
  const wanted = planned.filter(({ kind }) => recordRepairKinds.includes(kind));
  await withStore(root, { signal }, (store) => void applyAccountRepairs(store, wanted, world));
}

/** Opening a store merges such pools, for the projects that the root names. */
async function mergeLegacyPool({ root, signal }: RepairDeps, legacyKey: string, key: string) {
  const kept: string[] = [];
  const onMerged = (_key: string, keptFiles: readonly string[]) => kept.push(...keptFiles);
  const projects = () => [{ key, legacyKeys: [legacyKey], onMerged }];
  await withStore({ ...root, projects }, { signal }, () => undefined);
  return kept[0];
}

function tightenMode(path: string, mode: number): undefined {
  try {
    changeMode(path, mode);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Runs a task under the lock of the store without opening it: for files that keep it from opening. */
function locked<T>({ root, signal }: RepairDeps, task: (lock: LockHandle) => T): Promise<T> {
  const { clock, processes, paths } = root;
  return withLock('store', { directory: paths.locks, clock, processes, waitMs: 10_000, signal }, task);
}

function setAside({ root }: RepairDeps, path: string): string | undefined {
  const version = readVersion(path);
  if (version.kind === 'absent') return undefined;
  const keptFile = keepAside(root, 'damaged', version.bytes);
  rmSync(path, { force: true });
  return keptFile;
}
