import { type Account, describeAccount, type FlaggedAccount, type ShownAccount } from '../../core/accounts/account.js';
import { findSame } from '../../core/accounts/identity.js';
import { AppError } from '../../core/errors.js';
import { withNewestTokens } from '../../core/lineage/beside-records.js';
import { reasonText } from '../../core/logins/flag-reason.js';
import type { Scope } from '../../core/project/scope.js';
import { type Roster, readRoster } from '../../core/roster/roster.js';
import type { ShownRoster, ShownScope } from '../../core/roster/shown-roster.js';
import { decideRoster, policyOf } from '../../core/session/decided-roster.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';
import { type AccountRef, accountRef } from '../views/account-ref.js';

/**
 * Warns when the login in `auth.json` belongs to an account that is set aside, and names another account. It never
 * switches: the choice is the person's (P12).
 */
export function warnIfFlaggedInUse(context: Context, scope: Scope): void {
  warnAboutSetAside(context, readRoster(context.root, context.home, scope));
}

/** The same for a command that has read the roster already. Returns whether it has warned. */
export function warnAboutSetAside(context: Context, roster: ShownRoster): boolean {
  const { content } = roster.authFile;
  const account = setAsideInUse(roster);
  if (content?.kind !== 'login' || account === undefined) return false;
  const { expiresAt } = content.login.tokens;
  const now = context.clock.now();
  const lives = expiresAt !== undefined && expiresAt > now ? `; it works until ${formatWhen(expiresAt, now)}` : '';
  const other = recommendOther(context, roster.scope, account);
  const advice =
    other === undefined ? 'sign in again: codex-auth login' : `use another: codex-auth switch ${other.index}`;
  const why = reasonText(account.flag.reason);
  context.warn(`${describeAccount(account)} is in use and set aside, because ${why}${lives}; ${advice}`);
  return true;
}

/** The account whose login `auth.json` holds, when it is set aside. */
export function setAsideInUse({
  authFile: { content },
  records,
  others,
  active,
}: ShownRoster): ShownScope['flagged']['accounts'][number] | undefined {
  if (content?.kind !== 'login' || active !== undefined) return undefined;
  const setAside = [records, ...others].flatMap(({ flagged }) => flagged.accounts);
  return findSame(setAside, content.login.identity);
}

/** The account to use instead, as every command would recommend it (P14). */
export function recommendOther(
  context: Context,
  scope: Scope,
  account: Pick<ShownAccount, 'id'>,
): AccountRef | undefined {
  const roster = readRoster(context.root, context.home, scope);
  const others = {
    ...roster,
    accounts: roster.accounts.map((each) => (each.id === account.id ? { ...each, enabled: false } : each)),
  };
  const { recommendation } = decideRoster(others, { now: context.clock.now(), ...policyOf(context.settings()) });
  const position = roster.accounts.findIndex(({ id }) => id === recommendation?.id);
  const recommended = roster.accounts[position];
  return recommended && accountRef(recommended, position + 1, context.options.mask === true);
}

/**
 * When the access token of an account that is set aside ends: nobody can refresh it. Throws `sign-in-needed` where it
 * has ended.
 */
export function usableEnd(context: Context, { beside }: Roster, account: FlaggedAccount): number {
  const { tokens } = withNewestTokens(account, beside);
  const { expiresAt } = tokens;
  if (tokens.accessToken !== undefined && expiresAt !== undefined && expiresAt > context.clock.now()) return expiresAt;
  const why = reasonText(account.flag.reason);
  throw new AppError(
    'sign-in-needed',
    `${describeAccount(account)} is set aside, because ${why}, and its access token has ended`,
    {
      hint: signInAgain(account),
    },
  );
}

export function warnAboutEnd({ clock, warn }: Context, account: Account, usableUntil: number): void {
  const until = formatWhen(usableUntil, clock.now());
  warn(
    `${describeAccount(account)} is set aside and usable until ${until}; sign in again before that: ${signInAgain(account)}`,
  );
}

function signInAgain({ email }: Account): string {
  return email === undefined ? 'codex-auth login' : `codex-auth login --expect ${email}`;
}
