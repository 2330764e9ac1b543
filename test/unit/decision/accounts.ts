import type { AccountFacts } from '../../../src/core/decision/facts.js';
import { healthBand } from '../../../src/core/health/score.js';
import type { HealthView } from '../../../src/core/health/state.js';
import type { QuotaSnapshot } from '../../../src/core/quota/usage.js';
import { quotaWindow } from '../../../src/core/quota/window.js';

export const now = Date.UTC(2026, 10, 21, 12);
export const hourMs = 3_600_000;

/** `[remaining percent, hours until the reset]`, or undefined where the server names no such window. */
type WindowSketch = readonly [number, number];

export interface QuotaSketch {
  readonly fiveHours?: WindowSketch;
  readonly week?: WindowSketch;
  readonly ageMs?: number;
  readonly rest?: Partial<QuotaSnapshot>;
}

export function quota({ fiveHours, week, ageMs = 0, rest }: QuotaSketch): QuotaSnapshot {
  const windows = [windowOf(18_000, fiveHours), windowOf(604_800, week)].flat();
  return { observedAt: now - ageMs, windows, additional: [], ...rest };
}

export function windowOf(durationSeconds: number, sketch: WindowSketch | undefined) {
  if (sketch === undefined) return [];
  const [remaining, hours] = sketch;
  return quotaWindow({ durationSeconds, usedPercent: 100 - remaining, resetsAt: now + hours * hourMs }) ?? [];
}

export function health(score: number, rest: Partial<HealthView> = {}): HealthView {
  return { score, state: healthBand(score), softRefreshFailure: false, ...rest };
}

/** A healthy account with plenty of quota, changed as the test needs. */
export function account(id: string, index: number, changes: Partial<AccountFacts> = {}): AccountFacts {
  return {
    id,
    index,
    enabled: true,
    active: false,
    flagged: false,
    health: health(100),
    quota: quota({ fiveHours: [80, 3], week: [60, 100] }),
    ...changes,
  };
}

export function withoutQuota(facts: AccountFacts): AccountFacts {
  const { quota: _quota, ...rest } = facts;
  return rest;
}
