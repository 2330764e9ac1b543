import type { Account } from './people.js';

/** What an account has used; everything has a default. Times are seconds from now. */
export interface UsageShape {
  /** Only an account that has this, or its reset, has a window of five hours. */
  readonly fiveHourPercent?: number;
  readonly fiveHourResetsIn?: number;
  readonly weeklyPercent?: number;
  readonly weeklyResetsIn?: number;
  /** Replaces top-level members of the answer, whatever their shape. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * The answer of `/wham/usage` as the provider gives it today: the usual one has a single weekly window in the first slot,
 * and every personal account a spend control without numbers.
 */
export function usagePayload(account: Account, shape: UsageShape, nowMs: number): Record<string, unknown> {
  const windows = windowsOf(shape, nowMs);
  const isExhausted = windows.some(({ used_percent }) => used_percent >= 100);
  return {
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.planType,
    rate_limit: {
      allowed: !isExhausted,
      limit_reached: isExhausted,
      primary_window: windows[0] ?? null,
      secondary_window: windows[1] ?? null,
    },
    code_review_rate_limit: null,
    additional_rate_limits: null,
    model_usage: {},
    credits: { has_credits: false, unlimited: false, balance: '0' },
    spend_control: { reached: false, individual_limit: null },
    rate_limit_reached_type: isExhausted ? { type: 'rate_limit_reached' } : null,
    rate_limit_reset_credits: { available_count: 0, applicable_available_count: 0 },
    ...shape.overrides,
  };
}

function windowsOf(shape: UsageShape, nowMs: number) {
  const weekly = usageWindow(604_800, shape.weeklyPercent ?? 30, shape.weeklyResetsIn ?? 260_000, nowMs);
  if (shape.fiveHourPercent === undefined && shape.fiveHourResetsIn === undefined) return [weekly];
  return [usageWindow(18_000, shape.fiveHourPercent ?? 12, shape.fiveHourResetsIn ?? 7_500, nowMs), weekly];
}

/** A window as the endpoint sends it. */
export function usageWindow(lengthSeconds: number, usedPercent: number, resetsIn: number, nowMs: number) {
  return {
    used_percent: usedPercent,
    limit_window_seconds: lengthSeconds,
    reset_after_seconds: resetsIn,
    reset_at: Math.floor(nowMs / 1000) + resetsIn,
  };
}
