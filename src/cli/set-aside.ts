import { type Account, describeAccount, type FlaggedAccount } from '../core/accounts/account.js';
import { selectAccount } from '../core/accounts/selector.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import { withNewestTokens } from '../core/logins/beside-records.js';
import type { Roster } from '../core/logins/roster.js';
import type { Context } from './context.js';
import { reasonText } from './render/flag-reason.js';
import { formatWhen } from './render/time.js';
import { type Located, locateAccount } from './selection.js';

/** The account that is meant, or the one that has been set aside where no usable one is. */
export function locateAnywhere(context: Context, roster: Roster, selector: string): Located {
  try {
    return locateAccount(context, roster, selector);
  } catch (error) {
    const isMissing = error instanceof AppError && (error.code === 'no-such-account' || error.code === 'empty-pool');
    const setAside = isMissing ? findSetAside(roster, selector) : undefined;
    if (setAside === undefined) throw error;
    return setAside;
  }
}

export function isSetAside(account: Account): account is FlaggedAccount {
  return 'flag' in account;
}

/** By name only: an index counts the accounts of the list. */
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

/** Nobody can refresh it, so that it is of use only while its access token lives. */
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
