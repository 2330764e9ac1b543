import { type Roster, readElsewhere, readRoster } from '../core/accounts/roster.js';
import { type LocatedAccount, selectAccount } from '../core/accounts/selector.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import type { Scope } from '../core/project/scope.js';
import { sweepLeftovers } from '../core/storage/leftovers.js';
import type { Context } from './context.js';

/** The roster of a scope; what a killed process left behind goes first. */
export function openRoster(context: Context, scope: Scope): Roster {
  sweepLeftovers(context.root, context.home.authFile);
  const roster = readRoster(context.root, context.home, scope);
  for (const warning of roster.warnings) context.warn(warning);
  if (roster.path !== roster.readFrom) {
    context.warn('this project has no accounts of its own; using the global ones');
  }
  return roster;
}

/** Throws `empty-pool` where there is nothing to choose from. */
export function requireAccounts(roster: Roster): void {
  if (roster.accounts.length > 0) return;
  throw new AppError('empty-pool', 'there are no accounts yet', { hint: 'codex-auth login' });
}

/** The account a selector names, in this scope or else anywhere, with the pool it lives in. */
export function locateAccount(context: Context, roster: Roster, selector: string): Required<Located> {
  const { accounts, records } = roster;
  const previousId = records.pool.previousId;
  const elsewhere = readElsewhere(context.root, records);
  const found = selectAccount(selector, definedOnly({ accounts, previousId }), elsewhere);
  const isHere = accounts.some((account) => account.id === found.account.id);
  return { account: found.account, scopeKey: isHere ? records.key : found.scopeKey };
}

interface Located {
  readonly account: LocatedAccount['account'];
  readonly scopeKey: string | undefined;
}
