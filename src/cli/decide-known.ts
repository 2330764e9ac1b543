import type { ShownAccount } from '../core/accounts/account.js';
import type { DecisionRequest } from '../core/decision/facts.js';
import { definedOnly } from '../core/defined-only.js';
import type { ShownRoster } from '../core/logins/shown-roster.js';
import { requireKnownModel } from '../core/models/known-models.js';
import type { Context } from './context.js';
import { type DecidedRoster, decideRoster, policyOf } from './roster-view.js';

/** What a command asks of the decision, besides what the person has set. */
export type DecisionWishes = Pick<DecisionRequest, 'allowCredits' | 'dwellUntil' | 'sessionAccountId'> & {
  readonly model?: string | undefined;
};

/** The decision by what is known now. Throws `usage` for a model that nobody knows. */
export function decideKnown<A extends ShownAccount>(
  context: Context,
  roster: ShownRoster & { readonly accounts: readonly A[] },
  { model, ...wishes }: DecisionWishes,
): DecidedRoster<A> {
  if (model !== undefined) requireKnown(context, roster, model);
  const known = { now: context.clock.now(), ...policyOf(context.settings()), ...wishes };
  return decideRoster(roster, definedOnly({ ...known, model }));
}

function requireKnown({ home }: Context, { accounts, state }: ShownRoster, model: string): void {
  const snapshots = accounts.flatMap(({ id }) => state.accounts[id]?.quota ?? []);
  requireKnownModel(model, snapshots, home.directory);
}
