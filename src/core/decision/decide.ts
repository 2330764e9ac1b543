import { definedOnly } from '../defined-only.js';
import { type BindingQuota, bindingQuota } from '../quota/binding-quota.js';
import { blockReasons, leaningReasons, waitReasons } from './account-reasons.js';
import { type AccountState, type Availability, accountState, availabilityOf } from './availability.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import { quotaOutlook } from './quota-outlook.js';
import { byRank, recommendationReason } from './ranking.js';
import type { Reason, RecommendationReason } from './reasons.js';
import { assessRisk, type RiskLevel, type RiskRow } from './risk.js';
import { noScore, type ScoreParts, scoreParts, totalScore } from './score.js';

export interface AccountDecision {
  readonly id: string;
  readonly index: number;
  readonly active: boolean;
  readonly availability: Availability;
  /** When the last wait ends (ms); only with `delayed`. */
  readonly availableAt?: number;
  readonly state: AccountState;
  /** 0..100. */
  readonly riskScore: number;
  readonly riskLevel: RiskLevel;
  readonly riskRows: readonly RiskRow[];
  /** The higher the better; 0 unless `ready`. See {@link scoreParts} for the rule. */
  readonly score: number;
  readonly scoreParts: ScoreParts;
  /** What binds of the quota that was known; absent when nothing was. */
  readonly quota?: BindingQuota;
  /** The most important first. */
  readonly reasons: readonly Reason[];
}

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
  const { now, model, sessionAccountId } = request;
  const quota = facts.quota && bindingQuota(facts.quota, now, definedOnly({ model }));
  const outlook = quotaOutlook(quota, now);
  const keepsSession = facts.id === sessionAccountId;
  const reasons: Reason[] = [
    ...blockReasons(facts),
    ...waitReasons(facts, quota, now),
    ...(keepsSession ? [{ code: 'session-account' } as const] : []),
    ...leaningReasons(facts, quota, outlook, now),
  ];
  const { availability, availableAt } = availabilityOf(reasons);
  const parts = availability === 'ready' ? scoreParts(facts.health.state, keepsSession, outlook) : noScore;
  const risk = assessRisk(reasons);
  return definedOnly({
    id: facts.id,
    index: facts.index,
    active: facts.active,
    availability,
    availableAt,
    state: accountState(reasons, quota),
    riskScore: risk.score,
    riskLevel: risk.level,
    riskRows: risk.rows,
    score: totalScore(parts),
    scoreParts: parts,
    quota,
    reasons,
  });
}
