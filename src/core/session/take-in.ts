import { type Account, describeAccount } from '../accounts/account.js';
import { readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { loginName } from '../codex/official-login.js';
import { withPersonLock } from '../logins/person-lock.js';
import { rememberHome } from '../logins/residence.js';
import { syncBack } from '../logins/sync-back.js';
import { type StoreOptions, withStore } from '../logins/with-store.js';
import type { Roster } from '../roster/roster.js';
import { unstoredAccount } from '../roster/unstored-login.js';
import type { Root } from '../storage/root.js';
import type { Session } from './session.js';

/**
 * Stores an account of which only the official client has the login so far, before something is written about it. It
 * keeps its id, and its place at the end of the pool.
 */
export async function takeInFirst(session: Session, account: Account, scopeKey: string | undefined): Promise<void> {
  if (account.isUnstored !== true) return;
  const { root, home, signal } = session;
  const taken = await takeIn(root, home, account, scopeKey, { signal });
  if (taken !== undefined) noteAdoption(session, taken);
}

/** As {@link takeInFirst}, for a command that is about all accounts, or about one that is still to come. */
export async function takeInAny(
  session: Session,
  { accounts, records }: Roster,
  scopeKey = records.key,
): Promise<void> {
  for (const account of accounts) await takeInFirst(session, account, scopeKey);
}

/** Notes that a login of the official client has become an account. */
export function noteAdoption(session: Session, adopted: Account | undefined): void {
  if (adopted !== undefined) session.note(`adopted ${describeAccount(adopted)}, found in ${loginName(session.home)}`);
}

/**
 * Stores the official client's login that no pool has yet (P6), and remembers that it lives in that home (P22).
 * Undefined where another process has done so, or the client has another login by now.
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
