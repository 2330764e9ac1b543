import type { Account } from '../accounts/account.js';
import { findSame, isSameAccount } from '../accounts/identity.js';
import type { AuthFileContent } from '../codex/auth-file.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import { shareLogin } from './shared-login.js';

/*
 * Two providers can know a person and a workspace under the same ids. The login of one is no copy of the other's, and
 * cannot be an account of its own beside it (P13); the one that is replaced by the other is kept whole (P6).
 */

/** Whether the content is a login of this very account. */
export function isLoginOf(content: AuthFileContent | undefined, account: Account): boolean {
  if (content?.kind !== 'login' || !isSameAccount(content.login.identity, account)) return false;
  return !areOfDifferentIssuers(content.login, account);
}

/** The content of `auth.json` as it looks beside all accounts of the root. */
export function judgeBeside<C extends AuthFileContent | undefined>(
  found: C,
  accounts: readonly Account[],
): C | AuthFileContent {
  const isShared = found?.kind === 'unadoptable' && found.mixed !== undefined && shareLogin(found.mixed, accounts);
  const content: C | AuthFileContent = isShared ? { kind: 'login', login: found.mixed.login } : found;
  if (content?.kind !== 'login') return content;
  const account = findSame(accounts, content.login.identity);
  const isForeign = account !== undefined && areOfDifferentIssuers(content.login, account);
  return isForeign ? { kind: 'unadoptable', reason: 'other-issuer' } : content;
}
