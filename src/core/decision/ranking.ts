import type { RecommendationReason } from './reasons.js';
import type { RiskLevel, RiskRow } from './risk.js';
import type { ScoreParts } from './score.js';
import type { AccountStanding } from './standing.js';

export interface AccountDecision extends AccountStanding {
  /** 0..100. */
  readonly riskScore: number;
  readonly riskLevel: RiskLevel;
  readonly riskRows: readonly RiskRow[];
  /** The higher the better; 0 unless `ready`. See {@link scoreParts} for the rule. */
  readonly score: number;
  readonly scoreParts: ScoreParts;
}

const availabilityOrder = { ready: 0, delayed: 1, unavailable: 2 } as const;

/** Best first; total, so that the order of the input never shows. */
export function byRank(a: AccountDecision, b: AccountDecision): number {
  return (
    availabilityOrder[a.availability] - availabilityOrder[b.availability] ||
    b.score - a.score ||
    (a.availableAt ?? 0) - (b.availableAt ?? 0) ||
    Number(b.active) - Number(a.active) ||
    a.index - b.index ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}

/** The first rule on which the best account differs from the next. */
export function recommendationReason(best: AccountDecision, next: AccountDecision | undefined): RecommendationReason {
  if (next?.availability !== 'ready') return { code: 'only-ready' };
  if (best.score === next.score) return { code: best.active ? 'already-active' : 'first-in-order' };
  const [mine, others] = [best.scoreParts, next.scoreParts];
  if (mine.session !== others.session) return { code: 'keeps-session' };
  if (mine.health !== others.health) return { code: 'better-health' };
  if (mine.headroom !== others.headroom) return { code: 'more-headroom' };
  const lapse = best.reasons.find((reason) => reason.code === 'quota-lapsing');
  if (lapse === undefined) return { code: 'first-in-order' };
  const { windowId, remainingPercent, resetsAt } = lapse;
  return { code: 'lapses-soonest', windowId, remainingPercent, resetsAt };
}
