import { isAccessOnly, type Priority, type ShownAccount, type TokenFacts } from '../accounts/account.js';
import type { AccessRefusal } from '../health/access-refusal.js';
import { standingRefusal } from '../health/access-refusal.js';
import type { HealthView } from '../health/state.js';
import { readHealth } from '../health/state.js';
import { seemsToHoldForeignTokens } from '../lineage/foreign-tokens.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import type { WindowRatio } from '../quota/window-ratio.js';
import type { ShownRoster } from '../roster/shown-roster.js';

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
  /** This run has just found that the account is not let in, and that no refresh helps. That is not stored. */
  readonly shutOut?: boolean;
  /** The provider refused this account when it was last asked, and nothing since has shown otherwise. */
  readonly refused?: AccessRefusal | undefined;
  /** The person's own order: used first, or only when nobody else is ready. */
  readonly priority?: Priority | undefined;
  /** The share of each window that the person keeps for another use; it replaces the one of the request. */
  readonly reservePercent?: number | undefined;
  readonly accessTokenExpiresAt?: number | undefined;
  /** `readHealth(state, now)`; its cooldown and rate limit are checked against `now` again. */
  readonly health: HealthView;
  readonly quota?: QuotaSnapshot | undefined;
  readonly ratio?: WindowRatio | undefined;
  readonly lastUsedAt?: number | undefined;
}

export interface DecisionRequest {
  readonly now: number;
  /** The model the request is for; its own limits bind too. */
  readonly model?: string;
  /** The account that the conversation ran on until now, from the affinity table. */
  readonly sessionAccountId?: string;
  /** The share of each window that is left alone. */
  readonly reservePercent?: number;
  /**
   * How much better another account must be to replace the one in use, in hundredths of its `quotaScore`; 0 by default.
   */
  readonly switchMarginPercent?: number;
  /** Until then the account in use stays while it can be used at all, because the last switch was a moment ago. */
  readonly dwellUntil?: number | undefined;
  /** Whether an account that only has credits left may be recommended when no other is ready. */
  readonly allowCredits?: boolean;
}

type Known = Pick<ShownRoster, 'active' | 'state' | 'shutOut'>;

/** What the decision needs to know about each account of the roster. */
export function factsOf(roster: Known & Pick<ShownRoster, 'accounts'>, now: number): AccountFacts[] {
  return roster.accounts.map((account, position) => factsOfAccount(roster, account, position, now));
}

export function factsOfAccount(
  { active, state, shutOut }: Known,
  account: ShownAccount,
  position: number,
  now: number,
): AccountFacts {
  const { id, enabled, tokens, lastUsedAt, priority, reservePercent } = account;
  const knowledge = state.accounts[id];
  return {
    id,
    index: position + 1,
    enabled,
    active: id === active?.account.id,
    flagged: false,
    signInNeeded: signInNeeded(account, now),
    shutOut: shutOut?.has(id) === true,
    refused: standingRefusal(knowledge?.refusal, tokens),
    priority,
    reservePercent,
    accessTokenExpiresAt: tokens.expiresAt,
    health: readHealth(knowledge?.health, now),
    quota: knowledge?.quota,
    ratio: knowledge?.ratio,
    lastUsedAt,
  };
}

function signInNeeded(account: ShownAccount, now: number): AccountFacts['signInNeeded'] {
  if (hasEnded(account.tokens, now)) return {};
  const isMixedUp = 'isMixedUp' in account ? account.isMixedUp : seemsToHoldForeignTokens(account);
  return isMixedUp ? { reason: 'its tokens are of another account: codex-auth fix' } : undefined;
}

/** Without a refresh token a login works as long as its access token. */
function hasEnded(tokens: TokenFacts, now: number): boolean {
  if (tokens.refreshToken !== undefined) return false;
  return !isAccessOnly(tokens) || (tokens.expiresAt !== undefined && tokens.expiresAt <= now);
}
