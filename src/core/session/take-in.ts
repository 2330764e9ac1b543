import { type Account, describeAccount } from '../accounts/account.js';
import { loginName } from '../codex/official-login.js';
import type { Roster } from '../logins/roster.js';
import { takeIn } from '../logins/take-in.js';
import type { Session } from './session.js';

/**
 * Before something is written about an account: it is stored first, where only the official client has its login so far.
 * It keeps its id, and its place at the end of the pool.
 */
export async function takeInFirst(session: Session, account: Account, scopeKey: string | undefined): Promise<void> {
  if (account.isUnstored !== true) return;
  const { root, home, signal } = session;
  const taken = await takeIn(root, home, account, scopeKey, { signal });
  if (taken !== undefined) noteAdoption(session, taken);
}

/** The same for a command that is about all accounts, or about one that is still to come. */
export async function takeInAny(
  session: Session,
  { accounts, records }: Roster,
  scopeKey = records.key,
): Promise<void> {
  for (const account of accounts) await takeInFirst(session, account, scopeKey);
}

/** The one line about where a login that the official client had went. */
export function noteAdoption(session: Session, adopted: Account | undefined): void {
  if (adopted !== undefined) session.note(`adopted ${describeAccount(adopted)}, found in ${loginName(session.home)}`);
}
