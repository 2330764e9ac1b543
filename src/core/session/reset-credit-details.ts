import { askOnItsOwn, probeResetCredits } from '../asking/usage-endpoint.js';
import type { AccountState } from '../health/account-state.js';
import { withKnowledge } from '../health/account-state.js';
import { inParallel } from '../in-parallel.js';
import type { AskedAccount } from './asked-accounts.js';
import { readOnlyAccess } from './backend-access.js';
import { keepKnowledge, type ProbedRoster } from './quota-probing.js';
import type { Session } from './session.js';
import { whileWaiting } from './session.js';

/**
 * Adds to the number of reset credits, which is all that the usage endpoint tells, when each of them expires. Asks only
 * about accounts that have some and whose details are not known, and not where the provider has just failed.
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
  // A refresh that was allowed and due has happened before: the tokens at hand will do.
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
