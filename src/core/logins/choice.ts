import type { Account } from '../accounts/account.js';
import { type Pool, withAccount, withActive, withChoiceLeft } from '../accounts/pool.js';
import { AppError } from '../errors.js';
import type { Store } from '../pools/store.js';

/** Whose choice an account is. */
export interface Choice {
  readonly accountId: string;
  /** The scope whose pool, or flagged file, the account lives in. */
  readonly scopeKey: string | undefined;
  /** The scope whose choice this is. */
  readonly choosingScopeKey: string | undefined;
}

/** The record, also where it is set aside: its access token may live. Throws `no-such-account`. */
export function accountIn(store: Store, { scopeKey, accountId }: Choice): Account {
  const { pool, flagged } = store.scope(scopeKey);
  const account = [...pool.accounts, ...flagged.accounts].find((each) => each.id === accountId);
  if (account !== undefined) return account;
  throw new AppError('no-such-account', 'another process has just removed this account', { hint: 'codex-auth list' });
}

export function isAnotherChoice(store: Store, choice: Choice): boolean {
  return isOwnScope(choice) && store.scope(choice.scopeKey).pool.activeId !== choice.accountId;
}

/**
 * The pool remembers the account as its choice, and what was really in use before. One of another pool, or one that is
 * set aside, is used without being a choice of this one, which does not hold it.
 */
export function rememberChoice(store: Store, choice: Choice, previous: Account | undefined): void {
  const { pool, flagged } = store.scope(choice.scopeKey);
  if (!isOwnScope(choice)) {
    rememberUse(store, choice);
    return;
  }
  const lastUsedAt = store.root.clock.now();
  const setAside = flagged.accounts.find(({ id }) => id === choice.accountId);
  if (setAside !== undefined) {
    rememberUse(store, choice);
    store.savePool(choice.scopeKey, withChoiceLeft(withPrevious(pool, previous)));
    return;
  }
  const used = { ...accountIn(store, choice), lastUsedAt };
  store.savePool(choice.scopeKey, withActive(withPrevious(withAccount(pool, used), previous), used.id));
}

/** It is used, and the pool stays with what it had chosen. */
export function rememberUse(store: Store, { scopeKey, accountId }: Choice): void {
  const { pool, flagged } = store.scope(scopeKey);
  const lastUsedAt = store.root.clock.now();
  const isIt = ({ id }: Account) => id === accountId;
  const setAside = flagged.accounts.find(isIt);
  if (setAside !== undefined) store.saveFlagged(scopeKey, withAccount(flagged, { ...setAside, lastUsedAt }));
  const used = pool.accounts.find(isIt);
  if (used !== undefined) store.savePool(scopeKey, withAccount(pool, { ...used, lastUsedAt }));
}

function isOwnScope({ scopeKey, choosingScopeKey }: Choice): boolean {
  return scopeKey === choosingScopeKey;
}

/** `-` goes back to what was really in use, also when another program had put it there. */
function withPrevious(pool: Pool, previous: Account | undefined): Pool {
  const isHere = pool.accounts.some((account) => account.id === previous?.id);
  return previous !== undefined && isHere ? { ...pool, activeId: previous.id } : pool;
}
