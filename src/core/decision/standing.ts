import { definedOnly } from '../defined-only.js';
import type { HealthBand } from '../health/score.js';
import { type BindingQuota, bindingQuota, wouldGoOnWithCredits } from '../quota/binding-quota.js';
import { blockReasons, waitReasons } from './account-reasons.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import type { Reason, ReasonCode } from './reasons.js';

/** Whether an account can be used now, and what of its quota binds: the part of the decision that compares nothing. */
export interface AccountStanding {
  readonly id: string;
  readonly index: number;
  readonly active: boolean;
  readonly health: { readonly score: number; readonly state: HealthBand };
  readonly availability: Availability;
  /** When the last wait ends (ms); only with `delayed`. */
  readonly availableAt?: number | undefined;
  readonly state: AccountState;
  /** The binding part of the known quota; absent when none is known. */
  readonly quota?: BindingQuota | undefined;
  /** The most important first. */
  readonly reasons: readonly Reason[];
}

export function standingOf(facts: AccountFacts, request: DecisionRequest): AccountStanding {
  const { id, index, active, health } = facts;
  const quota = facts.quota && bindingQuota(facts.quota, request.now, request);
  const reasons = blockReasons(facts);
  reasons.push(...waitReasons(facts, quota, request));
  if (quota !== undefined && goesOnWithCredits(reasons, quota)) {
    reasons.push(definedOnly({ code: 'on-credits' as const, balance: quota.credits?.balance }));
  }
  const { availability, availableAt } = availabilityOf(reasons);
  const state = accountState(reasons, quota);
  return { id, index, active, health, availability, availableAt, state, quota, reasons };
}

const helpedByCredits: ReadonlySet<ReasonCode> = new Set([
  'window-exhausted',
  'limit-reached',
  'model-unavailable',
] as const);

/** Whether only limits that credits lift keep the account from being used. */
function goesOnWithCredits(reasons: readonly Reason[], quota: BindingQuota): boolean {
  return reasons.every(({ code }) => helpedByCredits.has(code)) && wouldGoOnWithCredits(quota);
}

type Availability = 'ready' | 'delayed' | 'unavailable';

/**
 * One word per account for people and scripts. `unknown`: nothing is known of its quota, or of why it is not let in.
 * `on-credits`: its quota is used up, and it would go on with credits. `reserved`: what is left is what the person keeps.
 */
export const accountStates = [
  'ready',
  'on-credits',
  'delayed',
  'reserved',
  'exhausted',
  'refused',
  'sign-in-needed',
  'disabled',
  'unknown',
] as const;
type AccountState = (typeof accountStates)[number];

const blocks: ReadonlySet<ReasonCode> = new Set([
  'disabled',
  'flagged',
  'sign-in-needed',
  'refused',
  'shut-out',
] as const);

const isReady = { availability: 'ready' } as const;

/** A wait without a known end makes the account unavailable, because any time would be invented (P15). */
function availabilityOf(reasons: readonly Reason[]): { availability: Availability; availableAt?: number } {
  if (reasons.length === 0) return isReady;
  if (reasons.some(({ code }) => blocks.has(code))) return { availability: 'unavailable' };
  const waits = reasons.flatMap(waitEnd);
  if (waits.length === 0) return { availability: 'ready' };
  const ends = waits.map(({ endsAt }) => endsAt).filter((endsAt) => endsAt !== undefined);
  if (ends.length < waits.length) return { availability: 'unavailable' };
  return { availability: 'delayed', availableAt: Math.max(...ends) };
}

function waitEnd(reason: Reason): { endsAt?: number }[] {
  switch (reason.code) {
    case 'window-exhausted':
    case 'limit-reached':
    case 'reserve-reached':
      return [definedOnly({ endsAt: reason.resetsAt })];
    case 'model-unavailable':
      return [definedOnly({ endsAt: reason.availableAt })];
    case 'cooling-down':
    case 'rate-limited':
      return [{ endsAt: reason.until }];
    default:
      return [];
  }
}

/** The state by the gravest reason, with the person's own choice first. */
function accountState(reasons: readonly Reason[], quota: BindingQuota | undefined): AccountState {
  const isUnknown = quota === undefined || (quota.windows.length === 0 && !quota.isUnlimited);
  if (reasons.length === 0) return isUnknown ? 'unknown' : 'ready';
  const has = (...codes: readonly ReasonCode[]) => reasons.some(({ code }) => codes.includes(code));
  if (has('disabled')) return 'disabled';
  if (has('flagged', 'sign-in-needed')) return 'sign-in-needed';
  if (has('refused')) return 'refused';
  if (has('shut-out')) return 'unknown';
  if (has('on-credits')) return 'on-credits';
  if (has('window-exhausted', 'limit-reached', 'model-unavailable')) return 'exhausted';
  if (has('cooling-down', 'rate-limited')) return 'delayed';
  if (has('reserve-reached')) return 'reserved';
  return isUnknown ? 'unknown' : 'ready';
}
