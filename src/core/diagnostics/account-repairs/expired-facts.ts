import type { Account } from '../../accounts/account.js';
import { definedOnly } from '../../defined-only.js';
import { type AccountKnowledge, type AccountState, withKnowledge } from '../../health/account-state.js';
import { dropExpired } from '../../health/affinity.js';
import { currentCooldown } from '../../health/state.js';
import { isJsonObject } from '../../json-object.js';
import { isCurrent } from '../../quota/window.js';
import { readNumber } from '../../storage/tolerant.js';
import type { ExpiredFact } from './repair.js';

interface Kept<T> {
  readonly kept: T;
  readonly dropped: readonly ExpiredFact[];
}

/** The record without expired pauses that other tools stored in it; ours are in `account-state.json`. */
export function withoutExpiredPauses<A extends Account>(account: A, now: number): Kept<A> {
  const { coolingDownUntil, cooldownReason, rateLimitResetTimes, ...others } = account.raw;
  const isOver = isPast(coolingDownUntil, now);
  const limits = isJsonObject(rateLimitResetTimes) ? Object.entries(rateLimitResetTimes) : [];
  const lasting = limits.filter(([, at]) => !isPast(at, now));
  const hasOverLimit = lasting.length < limits.length;
  const dropped: ExpiredFact[] = [
    ...(isOver ? ['legacy-cooldown' as const] : []),
    ...(hasOverLimit ? ['legacy-rate-limit' as const] : []),
  ];
  if (dropped.length === 0) return { kept: account, dropped };
  const raw = {
    ...others,
    ...(isOver ? {} : present({ coolingDownUntil, cooldownReason })),
    ...(hasOverLimit
      ? lasting.length > 0
        ? { rateLimitResetTimes: Object.fromEntries(lasting) }
        : {}
      : present({ rateLimitResetTimes })),
  };
  return { kept: { ...account, raw }, dropped };
}

/** The knowledge about one account without facts that are over by now. */
export function withoutExpiredKnowledge(known: AccountKnowledge, now: number): Kept<AccountKnowledge> {
  const { health, quota } = known;
  const hasCooldown = health?.cooldown !== undefined && currentCooldown(health.cooldown, now) === undefined;
  const hasLimit = health?.rateLimitedUntil !== undefined && health.rateLimitedUntil <= now;
  const windows = quota?.windows ?? [];
  const hasLapsed =
    quota !== undefined && windows.length > 0 && !windows.some((each) => isCurrent(each, quota.observedAt, now));
  const dropped: ExpiredFact[] = [
    ...(hasCooldown ? ['cooldown' as const] : []),
    ...(hasLimit ? ['rate-limit' as const] : []),
    ...(hasLapsed ? ['quota' as const] : []),
  ];
  if (dropped.length === 0) return { kept: known, dropped };
  const lasting = health && {
    ...definedOnly({
      ...health,
      ...(hasCooldown ? { cooldown: undefined } : {}),
      ...(hasLimit ? { rateLimitedUntil: undefined } : {}),
    }),
  };
  return { kept: { ...known, health: lasting, quota: hasLapsed ? undefined : quota }, dropped };
}

/** The state after {@link withoutExpiredKnowledge} about one account. */
export function forgetExpired(state: AccountState, id: string, now: number): AccountState {
  const known = state.accounts[id];
  if (known === undefined) return state;
  const { kept, dropped } = withoutExpiredKnowledge(known, now);
  return dropped.length === 0 ? state : withKnowledge(state, id, kept);
}

/** The state without conversations that rested too long; the same state when there are none. */
export function forgetConversations(state: AccountState, now: number, ttlMs: number): AccountState {
  const affinity = dropExpired(state.affinity, now, { ttlMs });
  return Object.keys(affinity).length === Object.keys(state.affinity).length ? state : { ...state, affinity };
}

function isPast(at: unknown, now: number): boolean {
  const time = readNumber(at);
  return time !== undefined && time <= now;
}

function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
