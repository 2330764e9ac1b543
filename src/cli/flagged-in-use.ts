import { type Account, describeAccount } from '../core/accounts/account.js';
import { findSame } from '../core/accounts/identity.js';
import { readRoster } from '../core/accounts/roster.js';
import type { Scope } from '../core/project/scope.js';
import { readAllScopes } from '../core/storage/scope-files.js';
import { type AccountRef, accountRef } from './account-ref.js';
import type { Context } from './context.js';
import { reasonText } from './render/flag-reason.js';
import { formatWhen } from './render/time.js';
import { decideRoster } from './roster-view.js';

/**
 * Says so when the login in `auth.json` belongs to an account that is set aside, and names another one. It never
 * switches: the choice is the person's (P12).
 */
export function warnIfFlaggedInUse(context: Context, scope: Scope): void {
  const { root, home, clock } = context;
  const { content } = readRoster(root, home, scope).authFile;
  if (content?.kind !== 'login') return;
  const setAside = readAllScopes(root.paths).flatMap(({ flagged }) => flagged.accounts);
  const account = findSame(setAside, content.login.identity);
  if (account === undefined) return;
  const { expiresAt } = content.login.tokens;
  const now = clock.now();
  const lives = expiresAt !== undefined && expiresAt > now ? `; it works until ${formatWhen(expiresAt, now)}` : '';
  const other = recommendOther(context, scope, account);
  const advice =
    other === undefined ? 'sign in again: codex-auth login' : `use another: codex-auth switch ${other.index}`;
  const why = reasonText(account.flag.reason);
  context.warn(`${describeAccount(account)} is in use and set aside, because ${why}${lives}; ${advice}`);
}

/** The account to use instead, as every command would recommend it (P14). */
export function recommendOther(context: Context, scope: Scope, account: Account): AccountRef | undefined {
  const roster = readRoster(context.root, context.home, scope);
  const others = {
    ...roster,
    accounts: roster.accounts.map((each) => (each.id === account.id ? { ...each, enabled: false } : each)),
  };
  const { recommendation } = decideRoster(others, { now: context.clock.now() });
  const position = roster.accounts.findIndex(({ id }) => id === recommendation?.id);
  const recommended = roster.accounts[position];
  return recommended && accountRef(recommended, position + 1, context.options.mask === true);
}
