import { type LocatedAccount, selectAccount } from '../core/accounts/selector.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import { accountsElsewhere, keyOf, type Roster, readRoster } from '../core/logins/roster.js';
import { poolBytes } from '../core/pools/scope-files.js';
import type { Scope } from '../core/project/scope.js';
import { sweepLeftovers } from '../core/storage/leftovers.js';
import { describePlace, placeView } from './account-view.js';
import type { Context } from './context.js';

/** The roster of a scope; what a killed process left behind goes first. Says so when the accounts are another pool's. */
export function openRoster(context: Context, scope: Scope): Roster {
  const roster = openOwnRoster(context, scope);
  if (roster.path !== roster.readFrom) {
    context.warn('this project has no accounts of its own; using the global ones');
  }
  return roster;
}

/** Some two hundred accounts. */
const longPoolBytes = 1_000_000;

/** The same for a command that is about to give the project its first account. */
export function openOwnRoster(context: Context, scope: Scope): Roster {
  const { root, home, machine } = context;
  sweepLeftovers(root, home.authFile);
  if (poolBytes(root.paths, keyOf(scope)) > longPoolBytes) machine.expectLongRead?.();
  const roster = readRoster(root, home, scope);
  for (const warning of roster.warnings) context.warn(warning);
  return roster;
}

/** Throws `empty-pool` where there is nothing to choose from. */
export function requireAccounts({ accounts, scope, records }: Roster): void {
  if (accounts.length > 0) return;
  if (records.flagged.accounts.length > 0) {
    throw new AppError('empty-pool', 'every account here is set aside', { hint: 'codex-auth verify-flagged' });
  }
  const isProject = scope.kind === 'project' && records.key !== undefined;
  throw new AppError('empty-pool', `${isProject ? 'this project has' : 'there are'} no accounts yet`, {
    hint: isProject ? 'codex-auth login, or codex-auth list --global' : 'codex-auth login',
  });
}

/** An account and where it is. */
export interface Located {
  readonly account: LocatedAccount['account'];
  /** The pool it lives in; undefined for the global one. */
  readonly scopeKey: string | undefined;
  /** 1-based position in that pool. */
  readonly index: number;
}

/** The account a selector names, in this scope or else anywhere; says so when it lives in another pool. */
export function locateAccount(context: Context, roster: Roster, selector: string): Located {
  const { accounts, records } = roster;
  const elsewhere = accountsElsewhere(roster);
  if (elsewhere.length === 0 || isPositional(selector)) requireAccounts(roster);
  const previousId = records.pool.previousId;
  const found = selectAccount(selector, definedOnly({ accounts, previousId }), elsewhere);
  const { account } = found;
  const position = accounts.findIndex(({ id }) => id === account.id);
  if (position >= 0) return { account, scopeKey: records.key, index: position + 1 };
  const { scopeKey } = found;
  if (context.options.json !== true) context.io.note(`found in ${describePlace(placeView(scopeKey))}`);
  return { account, scopeKey, index: indexElsewhere(roster, account.id) };
}

/** The 1-based position in its own pool of an account that lives elsewhere. */
export function indexElsewhere({ others }: Roster, id: string): number {
  const pool = others.map((scope) => scope.pool).find(({ accounts }) => accounts.some((each) => each.id === id));
  return (pool?.accounts.findIndex((each) => each.id === id) ?? -1) + 1;
}

/** `-` and an index mean something in this scope only. */
function isPositional(selector: string): boolean {
  return selector === '-' || /^\d+$/.test(selector);
}
