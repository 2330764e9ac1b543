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
  readonly signInNeeded?: { readonly reason?: string } | undefined;
  /** What this run has just found out: refused with a 401, and not to be had anew. No memory of it is kept. */
  readonly shutOut?: boolean;
  readonly accessTokenExpiresAt?: number | undefined;
  /** `readHealth(state, now)`; its cooldown and rate limit are checked against `now` again. */
  readonly health: HealthView;
  readonly quota?: QuotaSnapshot | undefined;
  readonly lastUsedAt?: number | undefined;
}

export interface DecisionRequest {
  readonly now: number;
  /** The model the request is for; its own limits bind too. */
  readonly model?: string;
  /** The account that the conversation ran on until now, from the affinity table. */
  readonly sessionAccountId?: string;
}
