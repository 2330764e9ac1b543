import type { Account } from './people.js';
import type { Scenario } from './scenario.js';

interface Credit {
  readonly id: string;
  readonly expiresAt: string;
  status: 'available' | 'redeemed';
}

export interface CreditGrant {
  /** The workspace that gets it, or the `key` of one member of it. */
  readonly to: string;
  readonly id: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Some weeks, as real credits have. */
const creditLifeMs = 30 * 86_400_000;

/** One request to spend a credit that the stand-in has worked on. */
export interface Redemption {
  readonly account: string;
  readonly requestId: string;
  readonly code: 'reset' | 'nothing_to_reset' | 'no_credit' | 'already_redeemed';
  readonly creditId?: string;
}

/**
 * The rate-limit reset credits of each account. A request id works once: a second request with it is told so, and no
 * second credit is spent.
 */
export class ResetCredits {
  readonly #granted = new Map<string, Credit[]>();
  readonly redemptions: Redemption[] = [];

  grant({ to, id, expiresAt }: CreditGrant): void {
    this.#granted.set(to, [...(this.#granted.get(to) ?? []), { id, expiresAt, status: 'available' }]);
  }

  /** How many an account has spent. */
  spentBy(keyOrAccountId: string): number {
    return (this.#granted.get(keyOrAccountId) ?? []).filter(({ status }) => status === 'redeemed').length;
  }

  list(account: Account): object {
    const credits = this.#of(account);
    return {
      credits: credits.map(({ id, status, expiresAt }) => ({
        id,
        reset_type: 'codex_rate_limits',
        status,
        granted_at: new Date(Date.parse(expiresAt) - creditLifeMs).toISOString(),
        expires_at: expiresAt,
        title: 'Rate limit reset',
        description: 'Fills your limits again',
      })),
      available_count: available(credits).length,
      total_earned_count: credits.length,
    };
  }

  /** The members of a usage answer that tell of them; none where the account has never had any. */
  inUsage(account: Account): object {
    const credits = this.#of(account);
    if (credits.length === 0) return {};
    const count = available(credits).length;
    return { rate_limit_reset_credits: { available_count: count, applicable_available_count: count } };
  }

  consume(account: Account, requestId: string, creditId: string | undefined, scenario: Scenario): object {
    const redemption = this.#redeem(account, requestId, creditId, scenario);
    this.redemptions.push(redemption);
    return { code: redemption.code, windows_reset: redemption.code === 'reset' ? ['primary', 'secondary'] : [] };
  }

  clear(): void {
    this.#granted.clear();
    this.redemptions.length = 0;
  }

  #redeem(account: Account, requestId: string, creditId: string | undefined, scenario: Scenario): Redemption {
    const asked = { account: account.key, requestId };
    const before = this.redemptions.find((each) => each.requestId === requestId && each.code === 'reset');
    if (before !== undefined)
      return { ...asked, code: before.account === account.key ? 'already_redeemed' : 'no_credit' };
    const credits = this.#of(account);
    const named = creditId === undefined ? available(credits)[0] : credits.find(({ id }) => id === creditId);
    if (named === undefined) return { ...asked, code: 'no_credit' };
    if (named.status === 'redeemed') return { ...asked, code: 'already_redeemed' };
    if (!scenario.fillWindows(account)) return { ...asked, code: 'nothing_to_reset' };
    named.status = 'redeemed';
    return { ...asked, code: 'reset', creditId: named.id };
  }

  #of({ key, accountId }: Account): Credit[] {
    return this.#granted.get(key) ?? this.#granted.get(accountId) ?? [];
  }
}

function available(credits: readonly Credit[]): Credit[] {
  return credits.filter(({ status }) => status === 'available');
}
