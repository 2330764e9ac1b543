import { definedOnly } from '../defined-only.js';
import { leaningReasons } from './account-reasons.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import { quotaOutlook } from './quota-outlook.js';
import { type AccountDecision, byRank, recommendationReason } from './ranking.js';
import type { RecommendationReason } from './reasons.js';
import { assessRisk } from './risk.js';
import { noScore, scoreParts, totalScore } from './score.js';
import { standingOf } from './standing.js';

export interface Decision {
  /** As they were given. */
  readonly accounts: readonly AccountDecision[];
  /** Ids, best first: the ready by score, then the delayed by when they are back, then the rest in order. */
  readonly ranking: readonly string[];
  readonly recommendation?: { readonly id: string; readonly reason: RecommendationReason };
  /** Without a recommendation: the account that is back first, if any is on its way. */
  readonly nextAvailable?: { readonly id: string; readonly availableAt: number };
}

/**
 * The only code that ranks accounts (P14). Rules, each deciding only where those before leave a tie: hard blocks, waits
 * (exhausted windows, cooldowns), session affinity, health band, quota that would go to waste soonest, active, order.
 * Only a `ready` account is ever recommended; the answer does not depend on the order of the input.
 */
export function decide(accounts: readonly AccountFacts[], request: DecisionRequest): Decision {
  const decided = accounts.map((facts) => decideAccount(facts, request));
  const ranked = [...decided].sort(byRank);
  const [best, next] = ranked;
  const recommended = best?.availability === 'ready' ? best : undefined;
  return definedOnly({
    accounts: decided,
    ranking: ranked.map(({ id }) => id),
    recommendation: recommended && { id: recommended.id, reason: recommendationReason(recommended, next) },
    nextAvailable: best?.availableAt === undefined ? undefined : { id: best.id, availableAt: best.availableAt },
  });
}

function decideAccount(facts: AccountFacts, request: DecisionRequest): AccountDecision {
  const { now, sessionAccountId } = request;
  const standing = standingOf(facts, request);
  const { availability, quota } = standing;
  const outlook = quotaOutlook(quota, now);
  const keepsSession = facts.id === sessionAccountId;
  const reasons = [
    ...standing.reasons,
    ...(keepsSession ? [{ code: 'session-account' } as const] : []),
    ...leaningReasons(facts, quota, outlook, now),
  ];
  const parts = availability === 'ready' ? scoreParts(facts.health.state, keepsSession, outlook) : noScore;
  const risk = assessRisk(reasons);
  return definedOnly({
    ...standing,
    riskScore: risk.score,
    riskLevel: risk.level,
    riskRows: risk.rows,
    score: totalScore(parts),
    scoreParts: parts,
    reasons,
  });
}
