import type { Account } from './people.js';

/** What an account has used; everything has a default. Times are seconds from now. */
export interface UsageShape {
  readonly fiveHourPercent?: number;
  readonly fiveHourResetsIn?: number;
  readonly weeklyPercent?: number;
  readonly weeklyResetsIn?: number;
  /** Replaces top-level members of the answer, whatever their shape. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** The answer of `/wham/usage`, every member that the real client knows included (CODEX.md §4). */
export function usagePayload(account: Account, shape: UsageShape, nowMs: number): Record<string, unknown> {
  const fiveHour = usageWindow(18_000, shape.fiveHourPercent ?? 12, shape.fiveHourResetsIn ?? 7_500, nowMs);
  const weekly = usageWindow(604_800, shape.weeklyPercent ?? 30, shape.weeklyResetsIn ?? 260_000, nowMs);
  const isExhausted = fiveHour.used_percent >= 100 || weekly.used_percent >= 100;
  return {
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.planType,
    rate_limit: {
      allowed: !isExhausted,
      limit_reached: isExhausted,
      primary_window: fiveHour,
      secondary_window: weekly,
    },
    code_review_rate_limit: null,
    additional_rate_limits: null,
    credits: { has_credits: false, unlimited: false, balance: '0' },
    spend_control: null,
    rate_limit_reached_type: isExhausted ? { type: 'rate_limit_reached' } : null,
    rate_limit_reset_credits: { available_count: 0 },
    ...shape.overrides,
  };
}

function usageWindow(lengthSeconds: number, usedPercent: number, resetsIn: number, nowMs: number) {
  return {
    used_percent: usedPercent,
    limit_window_seconds: lengthSeconds,
    reset_after_seconds: resetsIn,
    reset_at: Math.floor(nowMs / 1000) + resetsIn,
  };
}
