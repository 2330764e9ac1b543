import { type Account, describeAccount, isSetAside } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { withNewestTokens } from '../lineage/beside-records.js';
import { reasonText } from '../logins/flag-reason.js';
import type { Roster } from '../roster/roster.js';
import { scopeFiles } from '../storage/paths.js';
import { type Located, locateAnywhere, requireAccounts } from './selection.js';
import type { Session } from './session.js';

/** An account that a command is about to ask the provider about. */
export interface AskedAccount {
  readonly account: Account;
  /** 1-based position in the pool it lives in. */
  readonly index: number;
  /** The pool it lives in. */
  readonly file: string;
  /** Whether the account lives in another pool than the roster's. */
  readonly isElsewhere: boolean;
}

/** The named account, even if it is disabled or in another pool; without a name every enabled one of the roster. */
export function askedAccounts(session: Session, roster: Roster, selector: string | undefined): AskedAccount[] {
  if (selector !== undefined) return [namedAccount(session, roster, selector)];
  requireAccounts(roster);
  const enabled = roster.accounts
    .map((account, position) => ({ account, index: position + 1, file: roster.readFrom, isElsewhere: false }))
    .filter(({ account }) => account.enabled);
  if (enabled.length > 0) return enabled;
  throw new AppError('empty-pool', 'every account is disabled', { hint: 'codex-auth enable <account>, or name one' });
}

/** The roster already holds the newest tokens of its own accounts; those of other pools are brought up to date here. */
function namedAccount(session: Session, roster: Roster, selector: string): AskedAccount {
  const { account, index, scopeKey } = locateOrExplain(session, roster, selector);
  if (roster.accounts.some(({ id }) => id === account.id)) {
    return { account, index, file: roster.readFrom, isElsewhere: false };
  }
  return {
    account: withNewestTokens(account, roster.beside),
    index,
    file: scopeFiles(session.root.paths, scopeKey).pool,
    isElsewhere: true,
  };
}

/** Throws `sign-in-needed` for an account that is set aside, which is in no list, but exists. */
function locateOrExplain(session: Session, roster: Roster, selector: string): Located {
  const located = locateAnywhere(session, roster, selector);
  if (!isSetAside(located.account)) return located;
  const { account } = located;
  throw new AppError('sign-in-needed', `${describeAccount(account)} is set aside: ${reasonText(account.flag.reason)}`, {
    hint: 'codex-auth verify-flagged, or sign in again: codex-auth login',
  });
}

/** The index by which the next command can name the account; undefined when it has been set aside meanwhile. */
export function indexAfter({ accounts }: Roster, { account, index, isElsewhere }: AskedAccount): number | undefined {
  if (isElsewhere) return index;
  const position = accounts.findIndex(({ id }) => id === account.id);
  return position < 0 ? undefined : position + 1;
}
