import type { ProviderReason } from '../provider-reason.js';

/**
 * What happened to an account, as far as its health is concerned, with the provider's reason where it gave one. A
 * refusal of the refresh token is `soft` when it only counts (another definite 4xx) and `hard` when the token is dead;
 * timeouts, 5xx and HTML answers during a refresh are network and server errors, never refusals.
 */
export type HealthEvent =
  /** A request with the access token was answered. */
  | { readonly kind: 'success' }
  /** The refresh token did its work, by a refresh or a new sign-in. */
  | { readonly kind: 'refreshed' }
  | Mishap;

export type Mishap = ProviderReason &
  (
    | { readonly kind: 'network-error' }
    | { readonly kind: 'server-error' }
    /** 429; `resetsAt` in milliseconds when the server named it. */
    | { readonly kind: 'rate-limited'; readonly resetsAt?: number }
    /**
     * The provider turned a request down. Whether that lasts is not judged here: the reason is remembered, and the
     * score stays.
     */
    | { readonly kind: 'refused' }
    | { readonly kind: 'refresh-failed'; readonly severity: 'soft' | 'hard' }
  );

export interface HealthSettings {
  readonly networkErrorCooldownMs: number;
}
