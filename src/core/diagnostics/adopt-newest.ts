import type { Account, FlaggedAccount } from '../accounts/account.js';
import type { CodexHome } from '../codex/home.js';
import { readAuthFile } from '../codex/home.js';
import { syncBack } from '../codex/sync-back.js';
import { restoreAccount } from '../health/restoring.js';
import { logLineage, readLineage } from '../storage/lineage-log.js';
import { withPersonLock } from '../storage/person-lock.js';
import type { Root } from '../storage/root.js';
import { storeRotation } from '../storage/rotation.js';
import { type Store, withStore } from '../storage/store.js';
import { recordsOf } from './checks/records.js';
import { isDeadToken, placeName } from './forensics.js';
import { copyAhead, historyOf } from './newest-login.js';
import { copiesInRoot, type LoginCopy } from './world/login-copies.js';
import { readableScopes } from './world/stored-files.js';

/**
 * Gives an account the newest login of it that is known here, and brings it back when it was set aside for the tokens
 * that this replaces. Spends nothing: whether the login works is for `check` to find out.
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
  // What the official client keeps beside its tokens comes along.
  if (ahead.place === 'auth-file') syncBack(store, readAuthFile(home).content, undefined);
  const { refreshToken } = ahead.tokens;
  const isTaken = accountIn(store.scopes(), account.id)?.tokens.refreshToken?.equals(refreshToken) === true;
  if (isTaken) return;
  storeRotation(store, account.id, ahead.tokens, undefined);
  const tokens = { before: account.tokens.refreshToken, after: refreshToken };
  logLineage(store.root, { event: 'adopted', accountId: account.id, ...tokens, detail: placeName(ahead) });
}

function restoreIfRenewed(store: Store, before: Account): void {
  const now = accountIn(store.scopes(), before.id);
  if (now === undefined || !isFlagged(now) || !isDeadToken(now)) return;
  const { refreshToken } = now.tokens;
  if (refreshToken !== undefined && !refreshToken.equals(before.tokens.refreshToken)) restoreAccount(store, now.id);
}

function accountIn(scopes: Parameters<typeof recordsOf>[0]['scopes'], id: string): Account | undefined {
  return recordsOf({ scopes }).find((each) => each.id === id);
}

function isFlagged(account: Account): account is FlaggedAccount {
  return 'flag' in account;
}
