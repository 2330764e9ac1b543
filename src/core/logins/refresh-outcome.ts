import type { Account } from '../accounts/account.js';
import type { AppError } from '../errors.js';
import type { TokenRefusal, TokenVerdict } from '../oauth/token-verdict.js';
import type { Obstruction } from '../provider/obstruction.js';
import type { NoWorkspaceToken } from '../provider/workspace-switch.js';
import type { ProviderReason } from '../provider-reason.js';

/** What a wish for a usable access token came to. Only `refused` says that the login itself is in doubt. */
export type RefreshOutcome =
  /** `valid`: nothing was needed; `adopted`: a newer copy was taken over; `refreshed`: we asked the provider. */
  | { readonly kind: 'usable'; readonly account: Account; readonly how: 'valid' | 'adopted' | 'refreshed' }
  /** The official client runs and will refresh its own login itself (P1). */
  | { readonly kind: 'left-to-client'; readonly account: Account; readonly pid: number }
  /** A home of the official client holds its refresh token, and could not be given the next one: nothing was spent. */
  | { readonly kind: 'no-place'; readonly account: Account; readonly problem: AppError }
  | { readonly kind: 'no-refresh-token'; readonly account: Account }
  /** An old copy of the record has come back: sending its token would end the login where the successor is held. */
  | { readonly kind: 'spent-token'; readonly account: Account }
  /** The tokens were issued by another address than the configured one, and are sent to nobody else (P20). */
  | { readonly kind: 'issuer-mismatch'; readonly account: Account; readonly issuer: string }
  /** The login covers several workspaces, the answer was for another one of them, and there is no way over to this one. */
  | { readonly kind: 'other-workspace'; readonly account: Account; readonly because?: NoWorkspaceToken }
  /** The provider answered and its answer is stored, but it brought no access token that is good for anything. */
  | { readonly kind: 'no-access-token'; readonly account: Account; readonly message: string }
  /** The record holds tokens that say themselves that they are another account's; nothing was sent. */
  | { readonly kind: 'foreign-tokens'; readonly account: Account }
  | RefusedRefresh
  /** Nothing left this machine: the same token may be sent again. */
  | (Extract<TokenVerdict, { kind: 'unsent' }> & { readonly account: Account })
  /** Turned away before the token was looked at. */
  | ({ readonly kind: 'rate-limited'; readonly account: Account; readonly retryAfterMs?: number } & ProviderReason)
  | { readonly kind: 'obstructed'; readonly account: Account; readonly obstruction: Obstruction }
  /** The journal may hold the successor of the token in a file that cannot be read: the token is not sent meanwhile. */
  | {
      readonly kind: 'unreadable-entry';
      readonly account: Account;
      readonly path: string;
      readonly problem: string;
    }
  /**
   * The token may be spent and nobody has the answer. It is not sent again before `retryAt`, in milliseconds since the
   * epoch; absent while a process still waits for the answer.
   */
  | ({
      readonly kind: 'unknown';
      readonly account: Account;
      readonly message: string;
      readonly retryAt?: number;
      /** What answered in the provider's place. */
      readonly obstruction?: Obstruction;
    } & ProviderReason);

export interface RefusedRefresh {
  readonly kind: 'refused';
  readonly account: Account;
  readonly refusal: TokenRefusal;
  /** Present when the account was set aside, with the reason on record. */
  readonly flaggedAs?: string;
}

/** Whether the account can go on with its access token although that was due: while it lives, nothing is wrong. */
export function canWait(outcome: RefreshOutcome, now: number): boolean {
  if (!['left-to-client', 'no-place', 'no-refresh-token'].includes(outcome.kind)) return false;
  const { accessToken, expiresAt } = outcome.account.tokens;
  return accessToken !== undefined && (expiresAt === undefined || expiresAt > now);
}

/** Why the account was flagged when a token that may have been lost on the way was refused afterwards. */
export const rotationLost = 'rotation-lost';
