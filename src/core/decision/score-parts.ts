import type { Priority } from '../accounts/account.js';
import type { HealthBand } from '../health/score.js';
import type { QuotaOutlook } from './quota-outlook.js';
import { lapseScore } from './score.js';

/** What a ready account's score is made of; every part is 0 or more. */
export interface ScoreParts {
  readonly ready: number;
  readonly session: number;
  readonly order: number;
  readonly health: number;
  readonly headroom: number;
  readonly preferred: number;
  readonly lapse: number;
  readonly window: number;
}

/** 0 for accounts that are not ready. */
export const noScore: ScoreParts = {
  ready: 0,
  session: 0,
  order: 0,
  health: 0,
  headroom: 0,
  preferred: 0,
  lapse: 0,
  window: 0,
};

const healthPoints = { healthy: 80, degraded: 40, unhealthy: 0 } as const;
const headroomPoints = { unlimited: 24, ample: 16, unknown: 8, little: 0 } as const;

/**
 * The rules of the decision as one sum, so that it can be shown and explained. Only accounts that nothing blocks or delays
 * have a score:
 *
 *     10                      ready
 *   + 300                     the conversation runs on it and it is healthy (session affinity)
 *   + 150                     not kept for last by the person
 *   + 80 | 40 | 0             healthy | degraded | unhealthy
 *   + 24 | 16 | 8 | 0         nothing limits it | each window has headroom | that is unknown | a window has little left
 *   + 4                       preferred by the person
 *   + 0..1                    what would be lost with the reset of its longest window
 *   + 0..1.25                 how the window stands that would stop a session first
 *
 * Each part outweighs all below it together, so that the sum compares as the rules do, one after the other. Every part
 * only grows with remaining quota.
 */
export function scoreParts(facts: {
  readonly health: HealthBand;
  readonly keepsSession: boolean;
  readonly priority: Priority | undefined;
  readonly outlook: QuotaOutlook;
}): ScoreParts {
  const { health, keepsSession, priority, outlook } = facts;
  const { lapse } = outlook;
  return {
    ready: 10,
    session: keepsSession && health === 'healthy' ? 300 : 0,
    order: priority === 'last' ? 0 : 150,
    health: healthPoints[health],
    headroom: headroomPoints[outlook.headroom],
    preferred: priority === 'first' ? 4 : 0,
    lapse: rounded(lapse === undefined ? 0 : lapseScore(lapse.percentPerHour, lapse.shortWindows?.count)),
    window: rounded(outlook.opening?.score ?? 0),
  };
}

export function totalScore(parts: ScoreParts): number {
  return rounded(rulesScore(parts) + quotaScore(parts));
}

/** The part that the numbers of the quota make up, 0..2.25. */
export function quotaScore({ lapse, window }: ScoreParts): number {
  return lapse + window;
}

/** All other parts. Accounts that differ in them are not compared by the numbers of their quota. */
export function rulesScore({ ready, session, order, health, headroom, preferred }: ScoreParts): number {
  return ready + session + order + health + headroom + preferred;
}

/** Four decimals: finer than a percentage point of a month, coarse enough that equal accounts are equal. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
