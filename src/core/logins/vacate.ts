import type { Account } from '../accounts/account.js';
import { readAuthFile } from '../codex/auth-file-state.js';
import { type FlockHelper, withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { homesLinkedTo, linkedInto } from '../homes/links.js';
import { homeIdAt } from '../homes/marker.js';
import type { Store } from '../pools/store.js';
import { keepAside } from '../storage/kept.js';
import { releaseFollowers } from './place-login.js';
import { type SyncBack, syncBack } from './sync-back.js';

/**
 * Takes the login out of a home that is about to go: back to its account, or to `kept` where it is none of ours. A home that
 * shares its file gets that; the registry forgets this one. Needs the store.
 */
export async function vacateHome(store: Store, home: CodexHome, helpers: readonly FlockHelper[]): Promise<void> {
  const { root } = store;
  const homes = findHomes(root, home);
  const besides = homesLinkedTo(
    home,
    homes.others.map((each) => each.home),
  );
  const options = { home: home.directory, authFile: home.authFile, besides, clock: root.clock, helpers };
  await withCredentialLock(options, () => {
    // What it shares stays where it is.
    if (linkedInto(home, reachableHomes(homes)) !== undefined) return;
    const before = readAuthFile(home);
    const found = syncBack(store, before.content, undefined);
    const account = accountOf(found);
    if (account === undefined && before.version.kind === 'present') keepAside(root, 'auth', before.version.bytes);
    releaseFollowers(store, homes, besides, before, account)();
  });
  const id = homeIdAt(root, home.directory);
  store.changeHomes((all) => (all.some((each) => each.id === id) ? all.filter((each) => each.id !== id) : all));
}

function accountOf(found: SyncBack): Account | undefined {
  return found.kind === 'known' || found.kind === 'adopted' ? found.account : undefined;
}
