import { probeResetCredits } from '../core/asking/usage-endpoint.js';
import type { AccountState } from '../core/health/account-state.js';
import { withKnowledge } from '../core/health/account-state.js';
import { inParallel } from '../core/in-parallel.js';
import type { AskedAccount } from './asked-accounts.js';
import { readOnlyAccess } from './backend-access.js';
import type { Context } from './context.js';
import { whileWaiting } from './progress.js';
import { keepKnowledge, type ProbedRoster } from './quota-probing.js';

/**
 * Adds to the number of reset credits, which is all that the usage endpoint tells, when each of them expires. Asks only
 * about accounts that have some and whose details are not known, and not where the provider has just failed.
 */
export async function withResetCreditDetails(
  context: Context,
  probed: ProbedRoster,
  asked: readonly AskedAccount[],
): Promise<ProbedRoster> {
  const { state, accounts } = probed.roster;
  const lacking = asked
    .filter(({ account: { id } }) => (probed.probes.get(id)?.kind ?? 'usage') === 'usage' && lacksDetails(state, id))
    .map(({ account }) => accounts.find(({ id }) => id === account.id) ?? account);
  if (lacking.length === 0) return probed;
  // A refresh that was allowed and due has happened before: the tokens at hand will do.
  const access = await readOnlyAccess(context, probed.roster);
  const asking = inParallel(lacking, context.settings().probeConcurrency, async (account) => {
    return [account.id, await probeResetCredits(access, account)] as const;
  });
  const found = await whileWaiting(context, 'Asking about reset credits', asking);
  const learn = (known: AccountState) =>
    found.reduce((before, [id, details]) => {
      const quota = before.accounts[id]?.quota;
      if (quota === undefined || details?.credits === undefined) return before;
      // The list is the better source of their number too, as for the official client.
      const resetCredits = { ...quota.resetCredits, ...details };
      return withKnowledge(before, id, { ...before.accounts[id], quota: { ...quota, resetCredits } });
    }, known);
  await keepKnowledge(context, learn);
  return { ...probed, roster: { ...probed.roster, state: learn(state) } };
}

function lacksDetails({ accounts }: AccountState, id: string): boolean {
  const { availableCount = 0, credits } = accounts[id]?.quota?.resetCredits ?? {};
  return availableCount > 0 && credits === undefined;
}
