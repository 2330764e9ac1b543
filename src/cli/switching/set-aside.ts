import { type Account, describeAccount, type FlaggedAccount } from '../../core/accounts/account.js';
import { AppError } from '../../core/errors.js';
import { withNewestTokens } from '../../core/logins/beside-records.js';
import { reasonText } from '../../core/logins/flag-reason.js';
import type { Roster } from '../../core/logins/roster.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';

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
