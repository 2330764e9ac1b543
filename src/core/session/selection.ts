import * as z from 'zod/mini';
import type { Account, ShownAccount } from '../accounts/account.js';
import { type LocatedAccount, selectAccount } from '../accounts/selector.js';
import { unadoptableReasons } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { poolBytes } from '../pools/scope-files.js';
import type { Scope } from '../project/scope.js';
import { accountsElsewhere, keyOf, type Roster, readRoster } from '../roster/roster.js';
import { openRosterIndex } from '../roster/roster-index.js';
import type { ShownRoster } from '../roster/shown-roster.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import { countsIn, describePlace, listCommandFor, otherPlaces, placeView } from './places.js';
import type { Session } from './session.js';

/** A pool of some two hundred accounts. */
const longPoolBytes = 1_000_000;

/** The roster of a scope; what a killed process left behind goes first. */
export function openRoster(session: Session, scope: Scope): Roster {
  const { root, home } = session;
  sweepLeftovers(root, home.authFile);
  expectLongRead(session, keyOf(scope));
  const roster = readRoster(root, home, scope);
  for (const warning of roster.warnings) session.warn(warning);
  return roster;
}

/**
 * As {@link openRoster}, for commands that only show it: from the index where that holds, which spares reading the
 * tokens. Writes nothing but the index, and that after the answer.
 */
export function openShownRoster(session: Session, scope: Scope): ShownRoster {
  const { root, home, version, indexing } = session;
  expectLongRead(session, keyOf(scope));
  const index = openRosterIndex(root, home, scope, { version, settledMs: indexing?.settledMs });
  const known = index?.read();
  if (known === undefined) {
    const roster = openRoster(session, scope);
    if (index !== undefined) indexing?.afterwards?.(() => index.keep(roster));
    return roster;
  }
  sweepLeftovers(root, home.authFile);
  for (const warning of known.warnings) session.warn(warning);
  return known;
}

/** To be called before the pool of that scope is read. */
export function expectLongRead({ root, expectLongRead: expect }: Session, scopeKey: string | undefined): void {
  if (poolBytes(root.paths, scopeKey) > longPoolBytes) expect?.();
}

/** Throws `empty-pool` where there is nothing to choose from. */
export function requireAccounts(roster: ShownRoster): void {
  const none = whyNone(roster);
  if (none !== undefined) throw new AppError('empty-pool', none.message, { hint: none.hint });
}

export const Nobody = z.object({
  reason: z.enum(['set-aside', 'elsewhere', 'no-account', 'removed', 'nobody']),
  message: z.string(),
  /** The command that helps. */
  hint: z.string(),
});
export type Nobody = z.infer<typeof Nobody>;

/** Why nothing can be chosen. Where the person has accounts in other places, or is signed in, the message says so. */
export function whyNone(roster: ShownRoster): Nobody | undefined {
  const { accounts, records, authFile } = roster;
  if (accounts.length > 0) return undefined;
  if (records.flagged.accounts.length > 0) {
    return { reason: 'set-aside', message: 'every account here is set aside', hint: 'codex-auth verify-flagged' };
  }
  const places = otherPlaces(roster);
  if (places[0] !== undefined) {
    const message = `your accounts are kept elsewhere: ${countsIn(places)}`;
    return { reason: 'elsewhere', message, hint: listCommandFor(places[0]) };
  }
  const { content } = authFile;
  const hint = 'codex-auth login';
  if (content?.kind === 'unadoptable') {
    const message = `the official client has ${unadoptableReasons[content.reason]}, which is no account here`;
    return { reason: 'no-account', message, hint };
  }
  if (content?.kind === 'login') {
    const { email = 'an account' } = content.login.identity;
    return { reason: 'removed', message: `the official client is signed in to ${email}, which was removed here`, hint };
  }
  return { reason: 'nobody', message: 'there are no accounts yet', hint };
}

/** An account and the pool it is in. */
export interface Located<A extends ShownAccount = Account> {
  readonly account: A;
  /** The pool it lives in; undefined for the global one. */
  readonly scopeKey: string | undefined;
  /** 1-based position in that pool. */
  readonly index: number;
}

/** The account a selector names, in this scope or else in any pool. A note tells when it lives in another pool. */
export function locateAccount(session: Session, roster: Roster, selector: string): Located;
export function locateAccount(session: Session, roster: ShownRoster, selector: string): Located<ShownAccount>;
export function locateAccount(session: Session, roster: ShownRoster, selector: string): Located<ShownAccount> {
  const { accounts, records } = roster;
  const elsewhere: readonly LocatedAccount<ShownAccount>[] = accountsElsewhere(roster);
  if (elsewhere.length === 0 || isPositional(selector)) requireAccounts(roster);
  const previousId = records.pool.previousId;
  const found = selectAccount(selector, definedOnly({ accounts, previousId }), elsewhere);
  const { account } = found;
  const position = accounts.findIndex(({ id }) => id === account.id);
  if (position >= 0) return { account, scopeKey: records.key, index: position + 1 };
  const { scopeKey } = found;
  session.note(`found in ${describePlace(placeView(scopeKey))}`);
  return { account, scopeKey, index: indexElsewhere(roster, account.id) };
}

/** As {@link locateAccount}; where no account is found, one that is set aside. */
export function locateAnywhere(session: Session, roster: Roster, selector: string): Located {
  try {
    return locateAccount(session, roster, selector);
  } catch (error) {
    const isMissing = error instanceof AppError && (error.code === 'no-such-account' || error.code === 'empty-pool');
    const setAside = isMissing ? findSetAside(roster, selector) : undefined;
    if (setAside === undefined) throw error;
    return setAside;
  }
}

/** Found by name only: an index counts the accounts of the list, where this one is not. */
function findSetAside({ records, others }: Roster, selector: string): Located | undefined {
  const places = [records, ...others].flatMap(({ key: scopeKey, flagged }) =>
    flagged.accounts.map((account, position) => ({ account, scopeKey, index: position + 1 })),
  );
  const candidates = places.map(({ account, scopeKey }) => definedOnly({ account, scopeKey }));
  try {
    const { account } = selectAccount(selector, { accounts: [] }, candidates);
    return places.find((place) => place.account === account);
  } catch (error) {
    if (error instanceof AppError && error.code === 'no-such-account') return undefined;
    throw error;
  }
}

/** The 1-based position in its own pool of an account that lives elsewhere. */
export function indexElsewhere({ others }: Pick<ShownRoster, 'others'>, id: string): number {
  const pool = others.map((scope) => scope.pool).find(({ accounts }) => accounts.some((each) => each.id === id));
  return (pool?.accounts.findIndex((each) => each.id === id) ?? -1) + 1;
}

/** `-` and an index mean something in this scope only. */
function isPositional(selector: string): boolean {
  return selector === '-' || /^\d+$/.test(selector);
}
