import type { Roster } from '../logins/roster.js';
import { type AskedAccount, askedAccounts } from './asked-accounts.js';
import { type ProbedRoster, type ProbingOptions, probeRoster } from './quota-probing.js';
import { withResetCreditDetails } from './reset-credit-details.js';
import { openRoster } from './selection.js';
import type { Session } from './session.js';

export interface UsageWishes extends ProbingOptions {
  /** One account; without it all that are enabled. */
  readonly selector?: string;
}

export interface ReadUsage {
  /** As it was before anybody was asked. */
  readonly roster: Roster;
  readonly asked: readonly AskedAccount[];
  readonly probed: ProbedRoster;
}

/** What is left of each account's quota, asked for where what is known is old, with its reset credits one by one. */
export async function readUsage(session: Session, wishes: UsageWishes): Promise<ReadUsage> {
  const roster = openRoster(session, session.readingScope());
  const asked = askedAccounts(session, roster, wishes.selector);
  const accounts = asked.map(({ account }) => account);
  const probed = await probeRoster(session, roster, wishes, accounts);
  const detailed = wishes.cached === true ? probed : await withResetCreditDetails(session, probed, asked);
  return { roster, asked, probed: detailed };
}
