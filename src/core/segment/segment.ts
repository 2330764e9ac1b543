import type { Account } from '../accounts/account.js';
import { readAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { definedOnly } from '../defined-only.js';
import { readAccountState } from '../health/account-state.js';
import type { Scope } from '../project/scope.js';
import { type BindingQuota, bindingQuota } from '../quota/binding-quota.js';
import { findOwner, judgedBeside, readScopes } from '../roster/roster.js';
import { unstoredAccount } from '../roster/unstored-login.js';
import type { Root } from '../storage/root.js';

/** What a prompt can say of the account in use. */
export interface Segment {
  readonly account: Account;
  /** What was last known of its quota; absent when nothing was. */
  readonly quota?: BindingQuota;
}

/**
 * The account in use and its quota, from files alone: no lock, no network, nothing written (P5), no keyring opened.
 * Undefined where no account is in use. Throws where what there is cannot be read.
 */
export function readSegment(root: Root, home: CodexHome, scope: Scope): Segment | undefined {
  const account = accountInUse(root, home, scope);
  if (account === undefined) return undefined;
  const { state } = readAccountState(root.paths.accountState);
  const quota = state.accounts[account.id]?.quota;
  return definedOnly({ account, quota: quota && bindingQuota(quota, root.clock.now()) });
}

function accountInUse(root: Root, home: CodexHome, scope: Scope): Account | undefined {
  const content = home.otherStore === undefined ? readAuthFile(home).content : undefined;
  const { records, others } = readScopes(root, scope, content);
  const scopes = [records, ...others];
  // A keyring may ask for its password: then the choice of the pool has to do.
  if (home.otherStore !== undefined) return records.pool.accounts.find(({ id }) => id === records.pool.activeId);
  if (content === undefined) return undefined;
  const judged = judgedBeside(content, scopes);
  return findOwner(scopes, judged)?.account ?? unstoredAccount(scopes, judged);
}
