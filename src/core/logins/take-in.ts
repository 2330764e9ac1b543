import type { Account } from '../accounts/account.js';
import { readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import type { Root } from '../storage/root.js';
import { withPersonLock } from './person-lock.js';
import { rememberHome } from './residence.js';
import { syncBack } from './sync-back.js';
import { unstoredAccount } from './unstored-login.js';
import { type StoreOptions, withStore } from './with-store.js';

/**
 * Stores the official client's login that no pool has yet (P6), and remembers that it lives in that home (P22). Undefined where
 * another process has done so, or the client has another login by now.
 */
export async function takeIn(
  root: Root,
  home: CodexHome,
  unstored: Account,
  scopeKey: string | undefined,
  options: StoreOptions,
): Promise<Account | undefined> {
  return withPersonLock(root, unstored, options, () =>
    withStore(root, options, async (store) => {
      const { content } = await readSettledAuthFile(home, root.clock);
      const found = unstoredAccount(store.scopes(), content);
      if (found?.id !== unstored.id) return undefined;
      rememberHome(store, home, found);
      const taken = syncBack(store, content, scopeKey);
      return taken.kind === 'adopted' ? taken.account : undefined;
    }),
  );
}
