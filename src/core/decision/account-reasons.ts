import { definedOnly } from '../defined-only.js';
import { type BindingQuota, oldSnapshotMs } from '../quota/binding-quota.js';
import { isExhausted } from '../quota/window.js';
import type { AccountFacts } from './facts.js';
import type { QuotaOutlook } from './quota-outlook.js';
import type { Reason } from './reasons.js';
import { mostlyUsedPercent } from './risk.js';

const longUnusedMs = 7 * 86_400_000;

/** What keeps the account from being used for a time that nobody knows. */
export function blockReasons(facts: AccountFacts): Reason[] {
  const reasons: Reason[] = [];
  if (!facts.enabled) reasons.push({ code: 'disabled' });
  if (facts.flagged) reasons.push({ code: 'flagged' });
  if (facts.signInNeeded)
    reasons.push(definedOnly({ code: 'sign-in-needed' as const, cause: facts.signInNeeded.reason }));
  if (facts.shutOut === true) reasons.push({ code: 'shut-out' });
  return reasons;
}

/** What keeps the account from being used until some time has passed. */
export function waitReasons(facts: AccountFacts, quota: BindingQuota | undefined, now: number): Reason[] {
  const reasons: Reason[] = [];
  for (const { id, limitName, resetsAt } of quota?.windows.filter(isExhausted) ?? []) {
    reasons.push(definedOnly({ code: 'window-exhausted' as const, windowId: id, limitName, resetsAt }));
  }
  if (quota?.refusal !== undefined) reasons.push({ code: 'limit-reached', ...quota.refusal });
  const { cooldown, rateLimitedUntil } = facts.health;
  if (cooldown !== undefined && cooldown.until > now) {
    reasons.push({ code: 'cooling-down', until: cooldown.until, cause: cooldown.reason });
  }
  if (rateLimitedUntil !== undefined && rateLimitedUntil > now) {
    reasons.push({ code: 'rate-limited', until: rateLimitedUntil });
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
  return [...healthReasons(facts), ...quotaReasons(quota, outlook, now), ...ageReasons(facts, now)];
}

function healthReasons({ health }: AccountFacts): Reason[] {
  const reasons: Reason[] = [];
  if (health.state !== 'healthy') reasons.push({ code: 'poor-health', state: health.state, score: health.score });
  if (health.softRefreshFailure) reasons.push({ code: 'refresh-refused' });
  return reasons;
}

function quotaReasons(quota: BindingQuota | undefined, outlook: QuotaOutlook, now: number): Reason[] {
  const reasons: Reason[] = [];
  const { tightest, lapse } = outlook;
  const mostUsed = Math.max(0, ...(quota?.windows ?? []).map((window) => window.usedPercent));
  if (mostUsed >= mostlyUsedPercent && mostUsed < 100) reasons.push({ code: 'mostly-used', usedPercent: mostUsed });
  if (tightest !== undefined && !isExhausted(tightest)) {
    reasons.push({ code: 'little-headroom', windowId: tightest.id, remainingPercent: tightest.remainingPercent });
  }
  if (lapse !== undefined && !isExhausted(lapse.window)) {
    const { window, resetsAt, percentPerHour } = lapse;
    const { id: windowId, limitName, remainingPercent } = window;
    reasons.push(
      definedOnly({ code: 'quota-lapsing' as const, windowId, limitName, remainingPercent, resetsAt, percentPerHour }),
    );
  }
  if (quota === undefined || isPartlyUnknown(quota)) reasons.push({ code: 'quota-unknown' });
  else if (now - quota.observedAt >= oldSnapshotMs) reasons.push({ code: 'quota-old', observedAt: quota.observedAt });
  return reasons;
}

/** Also beside an exhausted window: an account must not look less risky for having nothing left. */
function isPartlyUnknown(quota: BindingQuota): boolean {
  return quota.windows.length === 0 || quota.isIncomplete || quota.lapsed.length > 0;
}

function ageReasons({ accessTokenExpiresAt, lastUsedAt }: AccountFacts, now: number): Reason[] {
  const reasons: Reason[] = [];
  if (accessTokenExpiresAt !== undefined && accessTokenExpiresAt <= now) {
    reasons.push({ code: 'access-token-expired', at: accessTokenExpiresAt });
  }
  if (lastUsedAt !== undefined && now - lastUsedAt >= longUnusedMs) reasons.push({ code: 'long-unused', lastUsedAt });
  return reasons;
}
