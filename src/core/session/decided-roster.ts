import type { Account } from '../accounts/account.js';
import { type Decision, decide } from '../decision/decide.js';
import type { DecisionRequest } from '../decision/facts.js';
import { factsOf, factsOfAccount } from '../decision/facts.js';
import type { AccountDecision } from '../decision/ranking.js';
import { type AccountStanding, standingOf } from '../decision/standing.js';
import type { Roster } from '../logins/roster.js';
import type { Settings } from '../settings.js';

/** An account with what the decision says about it. */
export interface DecidedAccount {
  readonly account: Account;
  readonly decision: AccountDecision;
}

export interface DecidedRoster extends Decision {
  readonly decided: readonly DecidedAccount[];
}

/** The person's settings as the decision weighs them. */
export function policyOf({ reservePercent, switchMarginPercent }: Settings): Partial<DecisionRequest> {
  return { reservePercent, switchMarginPercent };
}

/** The one decision about a roster, which every command shows. */
export function decideRoster(roster: Roster, request: DecisionRequest): DecidedRoster {
  const decision = decide(factsOf(roster, request.now), request);
  const decided = roster.accounts.flatMap((account, position) => {
    const found = decision.accounts[position];
    return found === undefined ? [] : [{ account, decision: found }];
  });
  return { ...decision, decided };
}

export interface StandingAccount {
  readonly account: Account;
  readonly standing: AccountStanding;
}

/** The part of it that ranks nobody. */
export function standingsOf(roster: Roster, now: number, { reservePercent }: Settings): StandingAccount[] {
  return roster.accounts.map((account, position) => ({
    account,
    standing: standingOf(factsOfAccount(roster, account, position, now), { now, reservePercent }),
  }));
}
