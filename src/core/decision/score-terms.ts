import { percentText, windowTitle } from '../quota/window.js';
import type { Opening } from './quota-outlook.js';
import type { AccountDecision } from './ranking.js';
import { rateText } from './reasons.js';
import type { ScoreParts } from './score-parts.js';

/** One part of a score with the numbers behind it. */
export interface ScoreTerm {
  readonly name: keyof ScoreParts;
  readonly points: number;
  /** A clause without a period. */
  readonly because: string;
}

type Decided = Pick<AccountDecision, 'scoreParts' | 'outlook' | 'health' | 'availability'>;

/** Every part that says something about this account; none where it is not ready. */
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
