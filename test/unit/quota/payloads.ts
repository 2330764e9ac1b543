/** When the answers of these tests were received; the times in them are shortly after. */
export const observedAt = Date.UTC(2026, 10, 21, 12);

const seconds = (ms: number) => Math.floor(ms / 1000);

/** One window as the endpoint sends it; the values may be of any type, to see what becomes of them. */
export function window(usedPercent: unknown, limitWindowSeconds: unknown, resetAfterSeconds = 3_600) {
  return {
    used_percent: usedPercent,
    limit_window_seconds: limitWindowSeconds,
    reset_after_seconds: resetAfterSeconds,
    reset_at: seconds(observedAt) + resetAfterSeconds,
  };
}

/** Every member that the real client knows (official-client.md#backend). */
export const fullPayload = {
  user_id: 'user-1',
  account_id: 'acct-1',
  email: 'ada@example.test',
  plan_type: 'pro',
  rate_limit: {
    allowed: true,
    limit_reached: false,
    primary_window: window(40, 18_000, 7_200),
    secondary_window: window(55, 604_800, 259_200),
  },
  code_review_rate_limit: null,
  additional_rate_limits: [
    {
      limit_name: 'GPT-5.5-Codex-Spark',
      metered_feature: 'codex_bengalfox',
      normal_model_slug: null,
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: window(100, 18_000, 1_800),
        secondary_window: null,
      },
    },
  ],
  credits: {
    has_credits: true,
    unlimited: false,
    balance: '12.34',
    approx_local_messages: [1, 5],
    approx_cloud_messages: [1, 2],
  },
  spend_control: {
    reached: false,
    individual_limit: {
      source: 'workspace',
      limit: '100.00',
      used: '40.00',
      remaining: '60.00',
      used_percent: 40,
      remaining_percent: 60,
      reset_after_seconds: 10,
      reset_at: seconds(observedAt) + 10,
    },
  },
  rate_limit_reached_type: null,
  rate_limit_reset_credits: { available_count: 2 },
  rate_limit_upsell: { anything: true },
};
