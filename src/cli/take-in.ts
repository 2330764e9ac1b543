import { type Account, describeAccount } from '../core/accounts/account.js';
import { loginName } from '../core/codex/official-login.js';
import type { Roster } from '../core/logins/roster.js';
import { takeIn } from '../core/logins/take-in.js';
import type { Context } from './context.js';

/**
 * Before something is written about an account: it is stored first, where only the official client has its login so far.
 * It keeps its id, and its place at the end of the pool.
 */
export async function takeInFirst(context: Context, account: Account, scopeKey: string | undefined): Promise<void> {
  if (account.isUnstored !== true) return;
  const { root, home, signal } = context;
  const taken = await takeIn(root, home, account, scopeKey, { signal });
  if (taken !== undefined) noteAdoption(context, taken);
}

/** The same for a command that is about all accounts, or about one that is still to come. */
export async function takeInAny(
  context: Context,
  { accounts, records }: Roster,
  scopeKey = records.key,
): Promise<void> {
  for (const account of accounts) await takeInFirst(context, account, scopeKey);
}

/** The one line about where a login that the official client had went. */
export function noteAdoption(context: Context, adopted: Account | undefined): void {
  if (adopted === undefined || context.options.json === true) return;
  context.io.note(`adopted ${describeAccount(adopted)}, found in ${loginName(context.home)}`);
}
