import type { ShownAccount } from '../accounts/account.js';
import { type Decision, decide } from '../decision/decide.js';
import type { DecisionRequest } from '../decision/facts.js';
import { factsOf, factsOfAccount } from '../decision/facts.js';
import type { AccountDecision } from '../decision/ranking.js';
import { type AccountStanding, standingOf } from '../decision/standing.js';
import type { ShownRoster } from '../roster/shown-roster.js';
import type { Settings } from '../settings.js';

/** An account with what the decision says about it. */
export interface DecidedAccount<A extends ShownAccount = ShownAccount> {
  readonly account: A;
  readonly decision: AccountDecision;
}

export interface DecidedRoster<A extends ShownAccount = ShownAccount> extends Decision {
  readonly decided: readonly DecidedAccount<A>[];
}

/** The settings on which the decision depends. */
export function policyOf({ reservePercent, switchMarginPercent }: Settings): Partial<DecisionRequest> {
  return { reservePercent, switchMarginPercent };
}

/** The one decision about a roster, which every command shows. */
export function decideRoster<A extends ShownAccount>(
  roster: ShownRoster & { readonly accounts: readonly A[] },
  request: DecisionRequest,
): DecidedRoster<A> {
  const decision = decide(factsOf(roster, request.now), request);
  const accounts: readonly A[] = roster.accounts;
  const decided = accounts.flatMap((account, position) => {
    const found = decision.accounts[position];
    return found === undefined ? [] : [{ account, decision: found }];
  });
  return { ...decision, decided };
}

export interface StandingAccount {
  readonly account: ShownAccount;
  readonly standing: AccountStanding;
}

/** Each account's part of the decision alone, without any ranking. */
export function standingsOf(roster: ShownRoster, now: number, { reservePercent }: Settings): StandingAccount[] {
  const request = { now, reservePercent };
  return roster.accounts.map((account, position) => ({
    account,
    standing: standingOf(factsOfAccount(roster, account, position, now), request),
  }));
}
