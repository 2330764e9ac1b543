import type { Fault } from './scenario.js';
import { usageWindow } from './usage.js';

type Members = Readonly<Record<string, unknown>>;

const hour = 3_600;
const day = 24 * hour;
const week = 7 * day;

const secondsAt = (nowMs: number) => Math.floor(nowMs / 1000);

function limit(nowMs: number, primary: readonly [length: number, used: number, resetsIn: number] | null): Members {
  const isReached = primary !== null && primary[1] >= 100;
  return {
    allowed: !isReached,
    limit_reached: isReached,
    primary_window: primary && usageWindow(...primary, nowMs),
    secondary_window: null,
  };
}

/**
 * Answers that have been seen besides the usual one, as members that replace those of it; `nowMs` by the provider's
 * clock.
 */
export const usageAnswers = {
  /** The usual answer, nearly used up. */
  onlyAWeek: (nowMs: number, used = 99): Members => ({ rate_limit: limit(nowMs, [week, used, 3 * day]) }),
  unlimitedCredits: (): Members => ({
    plan_type: 'enterprise',
    rate_limit: null,
    credits: { has_credits: true, unlimited: true, balance: null },
  }),
  noWindows: (nowMs: number): Members => ({ plan_type: 'enterprise', rate_limit: limit(nowMs, null) }),
  /** Business: no windows, a budget of one's own. */
  budget: (nowMs: number, remaining = 4): Members => ({
    plan_type: 'business',
    rate_limit: null,
    credits: null,
    spend_control: {
      reached: remaining <= 0,
      individual_limit: {
        source: 'workspace',
        limit: '100',
        used: String(100 - remaining),
        remaining: String(remaining),
        used_percent: 100 - remaining,
        remaining_percent: remaining,
        reset_after_seconds: 10 * day,
        reset_at: secondsAt(nowMs) + 10 * day,
      },
    },
  }),
  /** The week is used up, and the account would go on with credits. */
  onCredits: (nowMs: number, balance = '489.25'): Members => ({
    rate_limit: limit(nowMs, [week, 100, 3 * day]),
    credits: { has_credits: true, unlimited: false, balance, approx_local_messages: [100, 500] },
    rate_limit_reached_type: { type: 'rate_limit_reached' },
  }),
  /** A limit whose name is longer than the model's, and which names no slug. */
  sparkPreview: (nowMs: number, used = 100): Members => ({
    additional_rate_limits: [
      {
        limit_name: 'GPT-5.3-Codex-Spark-Preview',
        metered_feature: 'codex_bengalfox',
        normal_model_slug: null,
        rate_limit: limit(nowMs, [5 * hour, used, 2 * hour]),
      },
    ],
  }),
  modelUnavailable: (nowMs: number, slug = 'gpt-6-astra', inSeconds = 6 * hour): Members => ({
    model_usage: {
      [slug]: { available: false, available_at: secondsAt(nowMs) + inSeconds, credits_would_enable: true },
    },
  }),
  /** A window whose length is not told. */
  noLength: (nowMs: number, used = 63): Members => {
    const { limit_window_seconds: _, ...window } = usageWindow(week, used, 2 * day, nowMs);
    return { rate_limit: { ...limit(nowMs, null), primary_window: window } };
  },
  resetCredits: (count = 2): Members => ({
    rate_limit_reset_credits: { available_count: count, applicable_available_count: count },
  }),
} as const;

/** 402 of a workspace that has been switched off, with the code where the backend puts it. */
export function deactivatedWorkspace(): Fault {
  return { kind: 'status', status: 402, body: { detail: { code: 'deactivated_workspace' } } };
}
