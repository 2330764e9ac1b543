import type { HealthView } from '../health/state.js';
import type { QuotaSnapshot } from '../quota/usage.js';

/** All that the decision knows about one account. Times are milliseconds since the epoch; unknown is absent. */
export interface AccountFacts {
  readonly id: string;
  /** 1-based position, the last tie-breaker. */
  readonly index: number;
  /** For display only. */
  readonly email?: string;
  /** The person's own choice (P12). */
  readonly enabled: boolean;
  /** Whether `auth.json` holds this login now. */
  readonly active: boolean;
  /** Set aside in the flagged file. */
  readonly flagged: boolean;
  /** Present when only the person can bring the login back. */
  readonly signInNeeded?: { readonly reason?: string };
  readonly accessTokenExpiresAt?: number;
  /** `readHealth(state, now)`; its cooldown and rate limit are checked against `now` again. */
  readonly health: HealthView;
  readonly quota?: QuotaSnapshot;
  readonly lastUsedAt?: number;
}

export interface DecisionRequest {
  readonly now: number;
  /** The model the request is for; its own limits bind too. */
  readonly model?: string;
  /** The account that the conversation ran on until now, from the affinity table. */
  readonly sessionAccountId?: string;
}
