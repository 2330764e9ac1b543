import type { HealthBand } from '../health/score.js';
import type { QuotaOutlook } from './quota-outlook.js';

/** What a ready account's score is made of; every part is 0 or more. */
export interface ScoreParts {
  readonly ready: number;
  readonly session: number;
  readonly health: number;
  readonly headroom: number;
  readonly waste: number;
}

/** 0 for accounts that are not ready. */
export const noScore: ScoreParts = { ready: 0, session: 0, health: 0, headroom: 0, waste: 0 };

const healthPoints = { healthy: 40, degraded: 20, unhealthy: 0 } as const;
const headroomPoints = { ample: 12, unknown: 6, little: 0 } as const;

/**
 * The order of DESIGN §9 as one sum, so that it can be shown and explained. Only accounts that nothing blocks or delays
 * have a score:
 *
 *     10                    ready
 *   + 30                    the conversation runs on it and it is healthy (session affinity)
 *   + 40 | 20 | 0           healthy | degraded | unhealthy
 *   + 12 |  6 | 0           its short window has headroom | that is unknown | it has less than 10 % left
 *   +  5 × r / (1 + r)      r = percentage points an hour of the longest window that would go to waste; 0 if unknown
 *
 * Health outweighs headroom and waste together (20 > 12 + 5), headroom outweighs waste (6 > 5), and a kept session beats
 * every other account (at least 10 + 30 + 40 against at most 10 + 40 + 12 + 5): the sum compares as the rules do, one
 * after the other. Every term only grows with remaining quota. Equal sums: the active account, then the first in order.
 */
export function scoreParts(state: HealthBand, keepsSession: boolean, outlook: QuotaOutlook): ScoreParts {
  const rate = outlook.lapse?.percentPerHour ?? 0;
  return {
    ready: 10,
    session: keepsSession && state === 'healthy' ? 30 : 0,
    health: healthPoints[state],
    headroom: headroomPoints[outlook.headroom],
    waste: rounded((5 * rate) / (1 + rate)),
  };
}

export function totalScore(parts: ScoreParts): number {
  return rounded(parts.ready + parts.session + parts.health + parts.headroom + parts.waste);
}

/** Three decimals: finer than a percentage point of a month, coarse enough that equal accounts are equal. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
