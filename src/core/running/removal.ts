import { lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Account, describeAccount } from '../accounts/account.js';
import { runningClients } from '../codex/clients.js';
import type { FlockHelper } from '../codex/credential-lock.js';
import { codexHomeAt } from '../codex/home.js';
import { privateHomeAt } from '../codex/private-home.js';
import { AppError } from '../errors.js';
import { vacateHome } from '../logins/vacate.js';
import type { Store } from '../pools/store.js';
import { listDirectory, writeError } from '../storage/atomic-file.js';
import type { Root } from '../storage/root.js';
import { removeEmptyDirectory } from '../storage/traces.js';
import { isShared, privateHomeOf } from './private-home.js';

/** Every private home that is there. */
export function privateHomesOf({ paths }: Pick<Root, 'paths'>): string[] {
  const all = listDirectory(paths.privateHomes).map((name) => join(paths.privateHomes, name));
  return all.filter((directory) => privateHomeAt(directory) !== undefined);
}

/** The one of this account, where it has one. */
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

/** After its login has been taken back; what is neither a link nor of the client's making stays, and the directory with it. */
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
