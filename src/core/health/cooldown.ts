import type { JsonObject } from '../json-object.js';
import { isNumber } from '../json-values.js';
import type { HealthEvent, HealthSettings } from './events.js';

const cooldownReasons = ['network-error', 'server-error', 'rate-limited'] as const;
export type CooldownReason = (typeof cooldownReasons)[number];

/** A pause that an error imposes; over at `until` (ms since the epoch). */
export interface Cooldown {
  readonly until: number;
  readonly reason: CooldownReason;
}

/** Whether a stored value is one. */
export function isCooldown({ until, reason }: JsonObject): boolean {
  return isNumber(until) && cooldownReasons.some((each) => each === reason);
}

/** A 429 that names no reset. */
export const rateLimitFallbackMs = 60_000;

/** The pause an event asks for, if any. A reset that has already passed counts as not named. */
export function cooldownFor(event: HealthEvent, now: number, settings: HealthSettings): Cooldown | undefined {
  switch (event.kind) {
    case 'network-error':
    case 'server-error':
      return { until: now + settings.networkErrorCooldownMs, reason: event.kind };
    case 'rate-limited': {
      const isNamed = event.resetsAt !== undefined && event.resetsAt > now;
      return { until: isNamed ? event.resetsAt : now + rateLimitFallbackMs, reason: 'rate-limited' };
    }
    default:
      return undefined;
  }
}

/** A short pause never cuts a longer one. */
export function laterCooldown(a: Cooldown | undefined, b: Cooldown | undefined): Cooldown | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.until >= a.until ? b : a;
}

/** An expired pause is ignored when read. */
export function currentCooldown(cooldown: Cooldown | undefined, now: number): Cooldown | undefined {
  return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
}
