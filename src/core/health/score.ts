import type { HealthEvent } from './events.js';

// The numbers say how much each trouble weighs, and how fast it is forgotten.

export type HealthBand = 'healthy' | 'degraded' | 'unhealthy';

export const fullScore = 100;
const recoveryPerHour = 2;
const hourMs = 3_600_000;

export function healthBand(score: number): HealthBand {
  if (score >= 70) return 'healthy';
  return score >= 50 ? 'degraded' : 'unhealthy';
}

/** The score after the rest since `at`: +2 an hour, never past 100, and never less because a clock was set back. */
export function restedScore(score: number, at: number, now: number): number {
  const restedHours = Math.max(0, now - at) / hourMs;
  return Math.min(fullScore, score + restedHours * recoveryPerHour);
}

/** The score right after an event, from the rested score before it. */
export function scoreAfter(event: HealthEvent, score: number): number {
  switch (event.kind) {
    case 'success':
    case 'refreshed':
      return fullScore;
    case 'network-error':
    case 'server-error':
      return Math.max(0, score - 20);
    case 'rate-limited':
      return Math.max(0, score - 10);
    case 'refused':
      return score;
    case 'refresh-failed':
      return Math.min(40, score);
  }
}
