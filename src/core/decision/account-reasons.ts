import { definedOnly } from '../defined-only.js';
import { type BindingQuota, type BindingWindow, oldSnapshotMs } from '../quota/binding-quota.js';
import { isExhausted } from '../quota/window.js';
import type { AccountFacts, DecisionRequest } from './facts.js';
import type { QuotaOutlook } from './quota-outlook.js';
import type { Reason, WindowLeft } from './reasons.js';
import { mostlyUsedPercent } from './risk.js';

const longUnusedMs = 7 * 86_400_000;

/** What keeps the account from being used, without a known end. */
export function blockReasons(facts: AccountFacts): Reason[] {
  const reasons: Reason[] = [];
  if (!facts.enabled) reasons.push({ code: 'disabled' });
  if (facts.flagged) reasons.push({ code: 'flagged' });
  if (facts.signInNeeded)
    reasons.push(definedOnly({ code: 'sign-in-needed' as const, cause: facts.signInNeeded.reason }));
  if (facts.refused !== undefined) reasons.push({ code: 'refused', cause: facts.refused.code, at: facts.refused.at });
  else if (facts.shutOut === true) reasons.push({ code: 'shut-out' });
  return reasons;
}

/** What keeps the account from being used until some time has passed. */
export function waitReasons(
  facts: AccountFacts,
  quota: BindingQuota | undefined,
  { now, reservePercent }: Pick<DecisionRequest, 'now' | 'reservePercent'>,
): Reason[] {
  const reasons: Reason[] = quota === undefined ? [] : quotaWaits(quota, facts.reservePercent ?? reservePercent ?? 0);
  const { cooldown, rateLimitedUntil } = facts.health;
  if (cooldown !== undefined && cooldown.until > now) {
    reasons.push({ code: 'cooling-down', until: cooldown.until, cause: cooldown.reason });
  }
  if (rateLimitedUntil !== undefined && rateLimitedUntil > now) {
    reasons.push({ code: 'rate-limited', until: rateLimitedUntil });
  }
  return reasons;
}

function quotaWaits({ windows, refusal, modelBlock }: BindingQuota, reservePercent: number): Reason[] {
  const reasons: Reason[] = [];
  for (const window of windows) {
    const { id: windowId, limitName, remainingPercent, resetsAt } = window;
    if (isExhausted(window)) {
      reasons.push(definedOnly({ code: 'window-exhausted' as const, windowId, limitName, resetsAt }));
    } else if (remainingPercent <= reservePercent) {
      const left = { windowId, limitName, remainingPercent, reservePercent, resetsAt };
      reasons.push(definedOnly({ code: 'reserve-reached' as const, ...left }));
    }
  }
  if (refusal !== undefined) reasons.push({ code: 'limit-reached', ...refusal });
  if (modelBlock !== undefined) {
    const { model, availableAt } = modelBlock;
    reasons.push(definedOnly({ code: 'model-unavailable' as const, model, availableAt }));
  }
  return reasons;
}

/** What speaks for or against the account without deciding whether it can be used. */
export function leaningReasons(
  facts: AccountFacts,
  quota: BindingQuota | undefined,
  outlook: QuotaOutlook,
  now: number,
): Reason[] {
  return orderReasons(facts).concat(healthReasons(facts), quotaReasons(quota, outlook, now), ageReasons(facts, now));
}

function orderReasons({ priority }: AccountFacts): Reason[] {
  if (priority === undefined) return [];
  return [{ code: priority === 'first' ? 'preferred' : 'kept-for-last' }];
}

function healthReasons({ health }: AccountFacts): Reason[] {
  const reasons: Reason[] = [];
  if (health.state !== 'healthy') reasons.push({ code: 'poor-health', state: health.state, score: health.score });
  if (health.softRefreshFailure) reasons.push({ code: 'refresh-refused' });
  return reasons;
}

function quotaReasons(quota: BindingQuota | undefined, outlook: QuotaOutlook, now: number): Reason[] {
  const reasons: Reason[] = [];
  const { headroom, tightest, lapse, opening } = outlook;
  if (headroom === 'unlimited') reasons.push({ code: 'unlimited' });
  if (tightest !== undefined && !isExhausted(tightest)) reasons.push(...scarcityReasons(tightest, headroom));
  if (opening?.isIdle === true) reasons.push({ code: 'window-idle', ...nameOfWindow(opening.window) });
  if (lapse?.resetsAt !== undefined && !isExhausted(lapse.window)) {
    const { window, resetsAt, percentPerHour } = lapse;
    reasons.push({ code: 'quota-lapsing', ...windowLeft(window), resetsAt, percentPerHour });
  }
  if (quota === undefined || isPartlyUnknown(quota)) reasons.push(unknownReason(quota));
  else if (now - quota.observedAt >= oldSnapshotMs) reasons.push({ code: 'quota-old', observedAt: quota.observedAt });
  return reasons;
}

function scarcityReasons(tightest: BindingWindow, headroom: QuotaOutlook['headroom']): Reason[] {
  if (headroom === 'little') return [{ code: 'little-headroom', ...windowLeft(tightest) }];
  return tightest.usedPercent >= mostlyUsedPercent ? [{ code: 'mostly-used', ...windowLeft(tightest) }] : [];
}

function nameOfWindow({ id: windowId, limitName }: BindingWindow) {
  return definedOnly({ windowId, limitName });
}

export function windowLeft(window: BindingWindow): WindowLeft {
  return { ...nameOfWindow(window), remainingPercent: window.remainingPercent };
}

function unknownReason(quota: BindingQuota | undefined): Reason {
  const isPartly = quota !== undefined && quota.windows.length > 0;
  return { code: 'quota-unknown', ...(isPartly ? { isPartly } : {}) };
}

/** Also true beside an exhausted window: having nothing left must not make an account look less risky. */
function isPartlyUnknown(quota: BindingQuota): boolean {
  return (quota.windows.length === 0 && !quota.isUnlimited) || quota.isIncomplete || quota.lapsed.length > 0;
}

function ageReasons({ accessTokenExpiresAt, lastUsedAt }: AccountFacts, now: number): Reason[] {
  const reasons: Reason[] = [];
  if (accessTokenExpiresAt !== undefined && accessTokenExpiresAt <= now) {
    reasons.push({ code: 'access-token-expired', at: accessTokenExpiresAt });
  }
  if (lastUsedAt !== undefined && now - lastUsedAt >= longUnusedMs) reasons.push({ code: 'long-unused', lastUsedAt });
  return reasons;
}
