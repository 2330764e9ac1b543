import type { Account } from '../accounts/account.js';
import { isLoginOf } from '../logins/foreign-login.js';
import { gatherNewest } from '../logins/gather-newest.js';
import { withPersonLock } from '../logins/person-lock.js';
import { type HeldLogin, settledLogins } from '../logins/residence.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { FileMemory } from '../storage/file-memory.js';
import { readShare } from './share-file.js';
import type { ShareDeps } from './share-session.js';

/**
 * Stores what official clients have refreshed in the homes of this machine, of the logins that it keeps: an exchange looks
 * at the pools only. Else the other machines stay behind, and one that takes over goes on from a token that is spent.
 */
export async function takeHomeNews(deps: ShareDeps): Promise<void> {
  const kept = keptHere(deps);
  if (kept.length === 0) return;
  const { root, home, signal } = deps;
  const held = await settledLogins(root, home);
  const files = new FileMemory(root.clock);
  for (const account of kept.filter((each) => held.some((login) => hasOther(login, each)))) {
    await withPersonLock(root, account, { signal }, () => gatherNewest({ ...deps, files }, account.id));
  }
}

function keptHere({ root }: ShareDeps): Account[] {
  const rows = readShare(root)?.rows ?? [];
  const ids = new Set(rows.flatMap(({ role, accountId }) => (role === 'keeper' && accountId ? [accountId] : [])));
  if (ids.size === 0) return [];
  return recordsOf(readAllScopes(root.paths)).filter(({ id }) => ids.has(id));
}

function hasOther({ state: { content } }: HeldLogin, account: Account): boolean {
  if (content?.kind !== 'login' || !isLoginOf(content, account)) return false;
  return content.login.tokens.refreshToken?.equals(account.tokens.refreshToken) !== true;
}
