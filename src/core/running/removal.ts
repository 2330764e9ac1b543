import { lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Account, describeAccount } from '../accounts/account.js';
import { runningClients } from '../codex/clients.js';
import { type FlockHelper, withCredentialLock } from '../codex/credential-lock.js';
import { type CodexHome, codexHomeAt } from '../codex/home.js';
import { privateHomeAt } from '../codex/private-home.js';
import { AppError } from '../errors.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { homesLinkedTo, linkedInto } from '../homes/links.js';
import { homeIdAt } from '../homes/marker.js';
import { readBeside } from '../lineage/shared-login.js';
import { releaseFollowers } from '../logins/release-followers.js';
import { type SyncBack, syncBack } from '../logins/sync-back.js';
import type { Store } from '../pools/store.js';
import { listDirectory } from '../storage/atomic-file.js';
import { writeError } from '../storage/file-errors.js';
import { keepAside } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { removeEmptyDirectory } from '../storage/traces.js';
import { isShared, privateHomeOf } from './private-home.js';

/** Every private home that is there. */
export function privateHomesOf({ paths }: Pick<Root, 'paths'>): string[] {
  const all = listDirectory(paths.privateHomes).map((name) => join(paths.privateHomes, name));
  return all.filter((directory) => privateHomeAt(directory) !== undefined);
}

/** The private home of this account, where it has one. */
export function privateHomesOfAccount(root: Pick<Root, 'paths'>, { id }: Account): string[] {
  return privateHomesOf(root).filter((directory) => directory === privateHomeOf(root, id));
}

/** Throws `not-allowed`: a client whose home is taken away signs its account out, or makes a home of its own there. */
export function refuseWhileRunning(directories: readonly string[], account?: Account): void {
  for (const directory of directories) {
    const [pid] = runningClients(codexHomeAt(directory));
    if (pid === undefined) continue;
    const who = account === undefined ? 'an account' : describeAccount(account);
    throw new AppError('not-allowed', `an official client runs as ${who} (pid ${pid}), in ${directory}`, {
      hint: 'end it, then run the command again',
      details: { pid, home: directory },
    });
  }
}

/**
 * Removes a private home, after its login has been taken back. What is neither a link nor of the client's making stays,
 * and the directory with it.
 */
export async function removePrivateHome(
  store: Store,
  directory: string,
  helpers: readonly FlockHelper[],
): Promise<void> {
  await vacateHome(store, codexHomeAt(directory), helpers);
  for (const name of listDirectory(directory)) {
    const path = join(directory, name);
    try {
      if (!isShared(name) || lstatSync(path).isSymbolicLink()) rmSync(path, { recursive: true, force: true });
    } catch (error) {
      throw writeError(path, error);
    }
  }
  removeEmptyDirectory(directory);
  removeEmptyDirectory(dirname(directory));
}

/**
 * Takes the login out of a home that is about to go: back to its account, or to `kept` where nobody else has it. A home
 * with a link to its login file gets that file; the registry forgets the home that goes. Needs the store.
 */
async function vacateHome(store: Store, home: CodexHome, helpers: readonly FlockHelper[]): Promise<void> {
  const { root } = store;
  const homes = findHomes(root, home);
  const besides = homesLinkedTo(
    home,
    homes.others.map((each) => each.home),
  );
  const options = { home: home.directory, authFile: home.authFile, besides, clock: root.clock, helpers };
  await withCredentialLock(options, () => {
    // A login that is a link to the file of another home stays where it is.
    if (linkedInto(home, reachableHomes(homes)) !== undefined) return;
    const before = readBeside(home, store);
    const found = syncBack(store, before.content, undefined);
    const account = accountOf(found);
    const isNowhereElse = account === undefined || (found.kind === 'known' && found.isUnseen);
    if (isNowhereElse && before.version.kind === 'present') keepAside(root, 'auth', before.version.bytes);
    releaseFollowers(store, homes, besides, before, account)();
  });
  const id = homeIdAt(root, home.directory);
  store.changeHomes((all) => (all.some((each) => each.id === id) ? all.filter((each) => each.id !== id) : all));
}

function accountOf(found: SyncBack): Account | undefined {
  return found.kind === 'known' || found.kind === 'adopted' ? found.account : undefined;
}
