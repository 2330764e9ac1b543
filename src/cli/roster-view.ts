import type { Account } from '../core/accounts/account.js';
import { factsOf, type Roster } from '../core/accounts/roster.js';
import { type AccountDecision, type Decision, decide } from '../core/decision/decide.js';
import type { DecisionRequest } from '../core/decision/facts.js';

/** An account with what the decision says about it. */
export interface DecidedAccount {
  readonly account: Account;
  readonly decision: AccountDecision;
}

export interface DecidedRoster extends Decision {
  readonly decided: readonly DecidedAccount[];
}

/** The one decision about a roster, which every command shows (P14). */
export function decideRoster(roster: Roster, request: DecisionRequest): DecidedRoster {
  const decision = decide(factsOf(roster, request.now), request);
  const byId = new Map(decision.accounts.map((each) => [each.id, each]));
  const decided = roster.accounts.flatMap((account) => {
    const found = byId.get(account.id);
    return found === undefined ? [] : [{ account, decision: found }];
  });
  return { ...decision, decided };
}
