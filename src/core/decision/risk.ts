import type { Reason } from './reasons.js';

export type RiskLevel = 'low' | 'medium' | 'high';

export interface RiskRow {
  readonly name: string;
  readonly points: number;
}

export interface Risk {
  /** 0..100. */
  readonly score: number;
  readonly level: RiskLevel;
  /** The rows whose points add up to the score, before it is capped at 100. */
  readonly rows: readonly RiskRow[];
}

/**
 * Adds up rows, each of which counts once, with its worst reason: an exhausted window is the highest step of "little
 * quota left", and "blocked" is one row whether the account is disabled, flagged or both.
 */
export function assessRisk(reasons: readonly Reason[]): Risk {
  const rows: RiskRow[] = [];
  for (const reason of reasons) {
    const row = rowOf(reason);
    if (row === undefined) continue;
    const known = rows.findIndex(({ name }) => name === row.name);
    if (known < 0) rows.push(row);
    else if (row.points > (rows[known]?.points ?? 0)) rows[known] = row;
  }
  const sum = rows.reduce((total, row) => total + row.points, 0);
  const score = Math.min(100, sum);
  return { score, level: riskLevel(score), rows };
}

export function riskLevel(score: number): RiskLevel {
  if (score < 40) return 'low';
  return score < 75 ? 'medium' : 'high';
}

function rowOf(reason: Reason): RiskRow | undefined {
  switch (reason.code) {
    case 'disabled':
    case 'flagged':
      return { name: 'blocked', points: 95 };
    case 'sign-in-needed':
      return { name: 'sign-in needed', points: 90 };
    case 'refused':
    case 'shut-out':
      return { name: 'not let in', points: 90 };
    case 'window-exhausted':
    case 'limit-reached':
    case 'model-unavailable':
      return { name: 'little quota left', points: 60 };
    case 'mostly-used':
    case 'little-headroom':
      return { name: 'little quota left', points: usedPoints(100 - reason.remainingPercent) };
    case 'cooling-down':
      return { name: 'cooling down', points: 45 };
    case 'rate-limited':
      return { name: 'rate limited', points: 35 };
    case 'refresh-refused':
      return { name: 'soft refresh failure', points: 25 };
    case 'quota-unknown':
    case 'quota-old':
      return { name: 'quota unknown or old', points: 10 };
    case 'long-unused':
      return { name: 'long unused', points: 5 };
    default:
      return undefined;
  }
}

/** From this share on the used quota is a risk. */
export const mostlyUsedPercent = 70;

function usedPoints(usedPercent: number): number {
  if (usedPercent >= 98) return 55;
  if (usedPercent >= 90) return 35;
  if (usedPercent >= 80) return 20;
  return usedPercent >= mostlyUsedPercent ? 10 : 0;
}
