import { type Account, isSetAside } from '../accounts/account.js';
import type { CodexHome } from '../codex/home.js';
import { copiesInRoot, type LoginCopy, placeName } from '../lineage/copies.js';
import { logLineage, readLineage } from '../lineage/lineage-log.js';
import { copyAhead, historyOf } from '../lineage/newest.js';
import { spread } from '../lineage/rotation.js';
import { readBeside } from '../lineage/shared-login.js';
import { recordsOf, type ScopeContent } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { readableScopes } from '../pools/stored-files.js';
import type { Root } from '../storage/root.js';
import { isDeadToken } from './flagging.js';
import { withPersonLock } from './person-lock.js';
import { restoreAccount } from './restoring.js';
import { syncBack } from './sync-back.js';
import { withStore } from './with-store.js';

/**
 * Gives an account the newest login of it that is known here, and restores the account if it was set aside for the
 * tokens that are replaced. Spends nothing: whether the login works is for `check` to find out.
 */
export async function adoptNewest(root: Root, home: CodexHome, accountId: string, signal: AbortSignal): Promise<void> {
  const before = accountIn(readableScopes(root.paths), accountId);
  if (before === undefined) return;
  await withPersonLock(root, before, { signal }, () =>
    withStore(root, { signal }, (store) => {
      // Opening the store may have stored the answer of an interrupted refresh already.
      const stored = accountIn(store.scopes(), accountId);
      const ahead = stored && copyAhead(stored, copiesInRoot(root, home), historyOf(readLineage(root)));
      if (stored !== undefined && ahead !== undefined) takeOver(store, home, stored, ahead);
      restoreIfRenewed(store, before);
    }),
  );
}

function takeOver(store: Store, home: CodexHome, account: Account, ahead: LoginCopy): void {
  // `syncBack` also takes what the official client keeps beside its tokens.
  if (ahead.place === 'auth-file') syncBack(store, readBeside(home, store).content, undefined);
  const { refreshToken } = ahead.tokens;
  const isTaken = accountIn(store.scopes(), account.id)?.tokens.refreshToken?.equals(refreshToken) === true;
  if (isTaken) return;
  spread(store, account.id, ahead.tokens, undefined);
  const tokens = { before: account.tokens.refreshToken, after: refreshToken };
  logLineage(store.root, { event: 'adopted', accountId: account.id, ...tokens, detail: placeName(ahead) });
}

function restoreIfRenewed(store: Store, before: Account): void {
  const now = accountIn(store.scopes(), before.id);
  if (now === undefined || !isSetAside(now) || !isDeadToken(now)) return;
  const { refreshToken } = now.tokens;
  if (refreshToken !== undefined && !refreshToken.equals(before.tokens.refreshToken)) restoreAccount(store, now.id);
}

function accountIn(scopes: readonly ScopeContent[], id: string): Account | undefined {
  return recordsOf(scopes).find((each) => each.id === id);
}
