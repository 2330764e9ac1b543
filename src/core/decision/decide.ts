import { definedOnly } from '../defined-only.js';
import { leaningReasons } from './account-reasons.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import { least, quotaOutlook } from './quota-outlook.js';
import { type AccountDecision, rank, recommendationReason } from './ranking.js';
import type { RecommendationReason } from './reasons.js';
import { assessRisk } from './risk.js';
import { noScore, scoreParts, totalScore } from './score-parts.js';
import { standingOf } from './standing.js';

export interface Decision {
  /** In the order in which they were given. */
  readonly accounts: readonly AccountDecision[];
  /** Ids, best first: ready, at the person's reserve, on credits, delayed (by when they are back), then the rest. */
  readonly ranking: readonly string[];
  readonly recommendation?: { readonly id: string; readonly reason: RecommendationReason };
  /** Without a recommendation: the account that would go on with credits, if that were allowed. */
  readonly onCredits?: { readonly id: string; readonly balance?: string };
  /** Without a recommendation: the account that is back first, if any is on its way. */
  readonly nextAvailable?: { readonly id: string; readonly availableAt: number };
}

/**
 * The only code that ranks accounts. Rules, each deciding only where those before leave a tie: hard blocks, waits (used up
 * windows, cooldowns, the person's reserve), session affinity, the person's order, health band, headroom, and then the
 * quota that would go to waste. The account in use stays unless another is better by a margin. Only a `ready` account is
 * ever recommended, or with `allowCredits` one that has credits when nobody is ready; the answer does not depend on the
 * order of the input.
 */
export function decide(accounts: readonly AccountFacts[], request: DecisionRequest): Decision {
  const decided = accounts.map((facts) => decideAccount(facts, request));
  const { ranked, stays } = rank(decided, request);
  const [best, next] = ranked;
  const isReady = best?.availability === 'ready';
  const onCredits = isReady ? undefined : ranked.find(({ state }) => state === 'on-credits');
  const chosen = isReady ? best : request.allowCredits === true ? onCredits : undefined;
  return definedOnly({
    accounts: decided,
    ranking: ranked.map(({ id }) => id),
    recommendation: chosen && {
      id: chosen.id,
      reason: isReady ? whyBest(best, next, stays) : creditsReason(chosen, decided),
    },
    onCredits: onCredits && definedOnly({ id: onCredits.id, balance: onCredits.quota?.credits?.balance }),
    nextAvailable: isReady ? undefined : firstBack(ranked),
  });
}

function whyBest(
  best: AccountDecision,
  next: AccountDecision | undefined,
  stays: ReturnType<typeof rank>['stays'],
): RecommendationReason {
  return stays === undefined ? recommendationReason(best, next) : { code: stays };
}

function creditsReason({ quota }: AccountDecision, all: readonly AccountDecision[]): RecommendationReason {
  const isUsedUp = all.every(({ reasons }) => reasons.some(({ code }) => code === 'window-exhausted'));
  const isQuotaLeft = isUsedUp ? undefined : (true as const);
  return definedOnly({ code: 'only-credits' as const, balance: quota?.credits?.balance, isQuotaLeft });
}

function firstBack(ranked: readonly AccountDecision[]): Decision['nextAvailable'] {
  const back = ranked.flatMap(({ id, availableAt }) => (availableAt === undefined ? [] : [{ id, availableAt }]));
  return least(back, ({ availableAt }) => availableAt);
}

function decideAccount(facts: AccountFacts, request: DecisionRequest): AccountDecision {
  const { now, sessionAccountId } = request;
  const standing = standingOf(facts, request);
  const { id, index, active, health, availability, availableAt, state, quota } = standing;
  const outlook = quotaOutlook(quota, now, facts);
  const keepsSession = facts.id === sessionAccountId;
  const reasons = standing.reasons.concat(
    keepsSession ? [{ code: 'session-account' }] : [],
    leaningReasons(facts, quota, outlook, now),
  );
  const { priority } = facts;
  const parts =
    availability === 'ready' ? scoreParts({ health: health.state, keepsSession, priority, outlook }) : noScore;
  const risk = assessRisk(reasons);
  // Every member by name: spreading so many into an object makes it a slow one, and there may be thousands of them.
  return {
    id,
    index,
    active,
    health,
    availability,
    availableAt,
    state,
    quota,
    riskScore: risk.score,
    riskLevel: risk.level,
    riskRows: risk.rows,
    score: totalScore(parts),
    scoreParts: parts,
    outlook,
    reasons,
  };
}
