import { askOnItsOwn, probeResetCredits } from '../asking/usage-endpoint.js';
import { type AccountState, withKnowledge } from '../health/account-state.js';
import { inParallel } from '../in-parallel.js';
import type { Roster } from '../roster/roster.js';
import { type AskedAccount, askedAccounts } from './asked-accounts.js';
import { readOnlyAccess } from './backend-access.js';
import { keepKnowledge, type ProbedRoster, type ProbingOptions, probeRoster } from './quota-probing.js';
import { openRoster } from './selection.js';
import { type Session, whileWaiting } from './session.js';

export interface UsageWishes extends ProbingOptions {
  /** One account; without it all that are enabled. */
  readonly selector?: string;
}

export interface ReadUsage {
  /** The roster before any account was asked about. */
  readonly roster: Roster;
  readonly asked: readonly AskedAccount[];
  readonly probed: ProbedRoster;
}

/** What is left of each account's quota, with its reset credits one by one. Asks where the known numbers are old. */
export async function readUsage(session: Session, wishes: UsageWishes): Promise<ReadUsage> {
  const roster = openRoster(session, session.readingScope());
  const asked = askedAccounts(session, roster, wishes.selector);
  const accounts = asked.map(({ account }) => account);
  const probed = await probeRoster(session, roster, wishes, accounts);
  const detailed = wishes.cached === true ? probed : await withResetCreditDetails(session, probed, asked);
  return { roster, asked, probed: detailed };
}

/**
 * Adds when each reset credit expires: the usage endpoint tells only their number. Asks only about accounts that have
 * some and whose details are not known, and not where the provider has just failed.
 */
export async function withResetCreditDetails(
  session: Session,
  probed: ProbedRoster,
  asked: readonly Pick<AskedAccount, 'account'>[],
): Promise<ProbedRoster> {
  const { state, accounts } = probed.roster;
  const lacking = asked
    .filter(({ account: { id } }) => (probed.probes.get(id)?.kind ?? 'usage') === 'usage' && lacksDetails(state, id))
    .map(({ account }) => accounts.find(({ id }) => id === account.id) ?? account);
  if (lacking.length === 0) return probed;
  // The probing before has made every refresh that was allowed and due: the tokens at hand will do.
  const access = await readOnlyAccess(session, probed.roster);
  const asking = inParallel(lacking, session.settings().probeConcurrency, async (account) => {
    return [account.id, await askOnItsOwn(account, () => probeResetCredits(access, account))] as const;
  });
  const found = await whileWaiting(session, 'Asking about reset credits', asking);
  const learn = (known: AccountState) =>
    found.reduce((before, [id, details]) => {
      const quota = before.accounts[id]?.quota;
      const listed = details.kind === 'credits' ? details.credits : undefined;
      if (quota === undefined || listed?.credits === undefined) return before;
      // The list is the better source of their number too, as for the official client.
      const resetCredits = { ...quota.resetCredits, ...listed };
      return withKnowledge(before, id, { ...before.accounts[id], quota: { ...quota, resetCredits } });
    }, known);
  await keepKnowledge(session, learn);
  const unread = found.flatMap(([id, details]) => (details.kind === 'credits' ? [] : [[id, details] as const]));
  return { ...probed, roster: { ...probed.roster, state: learn(state) }, unreadCredits: new Map(unread) };
}

function lacksDetails({ accounts }: AccountState, id: string): boolean {
  const { availableCount = 0, credits } = accounts[id]?.quota?.resetCredits ?? {};
  return availableCount > 0 && credits === undefined;
}
