import { definedOnly } from '../defined-only.js';
import type { HealthBand } from '../health/score.js';
import { type BindingQuota, bindingQuota, wouldGoOnWithCredits } from '../quota/binding-quota.js';
import { blockReasons, waitReasons } from './account-reasons.js';
import { type AccountState, type Availability, accountState, availabilityOf } from './availability.js';
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
  /** What binds of the quota that was known; absent when nothing was. */
  readonly quota?: BindingQuota | undefined;
  /** The most important first. */
  readonly reasons: readonly Reason[];
}

export function standingOf(facts: AccountFacts, request: DecisionRequest): AccountStanding {
  const { id, index, active, health } = facts;
  const quota = facts.quota && bindingQuota(facts.quota, request.now, request);
  const reasons = blockReasons(facts).concat(waitReasons(facts, quota, request));
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

/** Only what credits buy keeps it from being used. */
function goesOnWithCredits(reasons: readonly Reason[], quota: BindingQuota): boolean {
  return reasons.every(({ code }) => helpedByCredits.has(code)) && wouldGoOnWithCredits(quota);
}
