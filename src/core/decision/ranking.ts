import { definedOnly } from '../defined-only.js';
import { percentText, windowTitle } from '../quota/window.js';
import { windowLeft } from './account-reasons.js';
import type { DecisionRequest } from './facts.js';
import type { Opening, QuotaOutlook } from './quota-outlook.js';
import { type RecommendationReason, rateText } from './reasons.js';
import type { RiskLevel, RiskRow } from './risk.js';
import { quotaScore, rulesScore, type ScoreParts } from './score-parts.js';
import type { AccountStanding } from './standing.js';

export interface AccountDecision extends AccountStanding {
  /** 0..100. */
  readonly riskScore: number;
  readonly riskLevel: RiskLevel;
  readonly riskRows: readonly RiskRow[];
  /** The higher the better; 0 unless `ready`. See {@link ScoreParts} for the rule. */
  readonly score: number;
  readonly scoreParts: ScoreParts;
  /** The numbers behind the parts that are about quota. */
  readonly outlook: QuotaOutlook;
}

const availabilityOrder = { ready: 0, delayed: 3, unavailable: 4 } as const;

/** Best first. The order is total, so that the result does not depend on the order of the input. */
export function byRank(a: AccountDecision, b: AccountDecision): number {
  return (
    tier(a) - tier(b) ||
    b.score - a.score ||
    (a.availableAt ?? 0) - (b.availableAt ?? 0) ||
    Number(b.active) - Number(a.active) ||
    a.index - b.index ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}

/**
 * Credits cost money: an account that has only these ranks behind every one with quota, and before those that wait. An
 * account at the person's reserve has quota, and so ranks before it.
 */
function tier({ availability, state }: AccountDecision): number {
  if (availability === 'ready') return 0;
  if (state === 'reserved') return 1;
  return state === 'on-credits' ? 2 : availabilityOrder[availability];
}

/**
 * The accounts best first, with the one in use before those that are better by too little: a move costs a lost prompt
 * cache and restarted clients. `stays` says that the account in use stands first for this reason, or because the last
 * switch was a moment ago. Each move gains more than the margin, so that moves never lead back in a circle.
 */
export function rank(
  decided: readonly AccountDecision[],
  request: DecisionRequest,
): { readonly ranked: AccountDecision[]; readonly stays?: 'already-active' | 'just-switched' } {
  const ranked = [...decided].sort(byRank);
  const [best] = ranked;
  const inUse = ranked.find(({ active, availability }) => active && availability === 'ready');
  if (inUse === undefined || inUse === best || best === undefined) return { ranked };
  const stays = whyStay(inUse, best, request);
  if (stays === undefined) return { ranked };
  return { ranked: [inUse, ...ranked.filter((each) => each !== inUse)], stays };
}

function whyStay(inUse: AccountDecision, best: AccountDecision, request: DecisionRequest) {
  const { now, dwellUntil = now, switchMarginPercent = 0 } = request;
  const [mine, others] = [inUse.scoreParts, best.scoreParts];
  if (mine.session === others.session && now < dwellUntil) return 'just-switched' as const;
  const isWeighed = rulesScore(mine) === rulesScore(others);
  const gainPercent = 100 * (quotaScore(others) - quotaScore(mine));
  return isWeighed && gainPercent <= switchMarginPercent ? ('already-active' as const) : undefined;
}

/** The first rule on which the best account differs from the next. */
export function recommendationReason(best: AccountDecision, next: AccountDecision | undefined): RecommendationReason {
  if (next?.availability !== 'ready') return { code: 'only-ready' };
  if (best.score === next.score) return { code: best.active ? 'already-active' : 'first-in-order' };
  const [mine, others] = [best.scoreParts, next.scoreParts];
  if (mine.session !== others.session) return { code: 'keeps-session' };
  if (mine.order !== others.order) return { code: 'others-last' };
  if (mine.health !== others.health) return { code: 'better-health' };
  if (mine.headroom !== others.headroom) return headroomReason(best, next);
  if (mine.preferred !== others.preferred) return { code: 'preferred' };
  return quotaReason(best, next);
}

function headroomReason({ outlook, active }: AccountDecision, next: AccountDecision): RecommendationReason {
  if (outlook.headroom === 'unlimited') return { code: 'unlimited' };
  const tightestOf = ({ headroom, tightest }: AccountDecision['outlook']) =>
    headroom === 'unknown' || tightest === undefined ? undefined : windowLeft(tightest);
  const [mine, others] = [tightestOf(outlook), tightestOf(next.outlook)];
  // The account in use keeps its headroom longer, so that the other one may have more left.
  const hasMore = mine === undefined || others === undefined || mine.remainingPercent > others.remainingPercent;
  if (active && !hasMore) return { code: 'already-active' };
  return definedOnly({ code: 'more-headroom' as const, mine, others });
}

/** The reason by the part of the quota score in which the best account is ahead by more. */
function quotaReason({ outlook, scoreParts: mine }: AccountDecision, next: AccountDecision): RecommendationReason {
  const { lapse, opening } = outlook;
  const ahead = {
    lapse: mine.lapse - next.scoreParts.lapse,
    window: mine.window - next.scoreParts.window,
  };
  if (lapse !== undefined && ahead.lapse >= ahead.window) {
    return definedOnly({ code: 'most-to-lose' as const, ...windowLeft(lapse.window), resetsAt: lapse.resetsAt });
  }
  if (opening === undefined) return { code: 'first-in-order' };
  const { windowId, limitName, remainingPercent } = windowLeft(opening.window);
  if (opening.isIdle) return definedOnly({ code: 'window-idle' as const, windowId, limitName });
  const { resetsAt } = opening.window;
  return definedOnly({
    code: 'window-left' as const,
    windowId,
    limitName,
    remainingPercent,
    resetsAt,
  });
}

/** One part of a score with the numbers behind it. */
interface ScoreTerm {
  readonly name: keyof ScoreParts;
  readonly points: number;
  /** A clause without a period. */
  readonly because: string;
}

type Decided = Pick<AccountDecision, 'scoreParts' | 'outlook' | 'health' | 'availability'>;

/** Every part of the score that is known of this account; none where it is not ready. */
export function scoreTerms(decided: Decided): ScoreTerm[] {
  if (decided.availability !== 'ready') return [];
  const { scoreParts: parts, health } = decided;
  const terms: readonly (readonly [keyof ScoreParts, string | undefined])[] = [
    ['ready', 'it can be used now'],
    ['session', parts.session > 0 ? 'the conversation runs on it and it is healthy' : undefined],
    ['order', parts.order > 0 ? 'not kept for last' : 'kept for last by you'],
    ['health', `${health.state} (health ${health.score})`],
    ['headroom', headroomText(decided)],
    ['preferred', parts.preferred > 0 ? 'preferred by you' : undefined],
    ['lapse', lapseText(decided)],
    ['window', decided.outlook.opening && openingText(decided.outlook.opening)],
  ];
  return terms.flatMap(([name, because]) => (because === undefined ? [] : [{ name, points: parts[name], because }]));
}

function headroomText({ outlook: { headroom, tightest } }: Decided): string {
  if (headroom === 'unlimited') return 'nothing limits it';
  if (headroom === 'unknown' || tightest === undefined) return 'what is left is not known';
  const left = `${percentText(tightest.remainingPercent)} left of its ${windowTitle(tightest)}`;
  return headroom === 'little' ? `only ${left}` : `nothing tighter than ${left}`;
}

function lapseText({ outlook: { lapse } }: Decided): string | undefined {
  if (lapse === undefined) return undefined;
  const { window, hoursLeft, percentPerHour, resetsAt, shortWindows } = lapse;
  const left = `${percentText(window.remainingPercent)} left of its ${windowTitle(window)}`;
  const time = resetsAt === undefined ? 'no reset is named' : `${hoursText(hoursLeft)} until it resets`;
  const held = shortWindows && `, and it holds about ${Math.round(shortWindows.count)} windows of ${shortWindows.id}`;
  return `${left} and ${time}: ${rateText(percentPerHour)} an hour would use it all${held ?? ''}`;
}

function openingText({ window, isIdle, percentLeft, hoursLeft, hoursLong }: Opening): string {
  const title = windowTitle(window);
  if (isIdle) return `its ${title} is full and starts with the first use`;
  const left = `${percentText(percentLeft)} left of its ${title}`;
  return hoursLeft === undefined || hoursLong === undefined
    ? left
    : `${left}, full again in ${hoursText(hoursLeft)} of ${hoursText(hoursLong)}`;
}

function hoursText(hours: number): string {
  return `${Number(Math.max(0, hours).toFixed(1))}h`;
}
