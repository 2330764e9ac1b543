import * as z from 'zod/mini';
import { AccountView } from '../views/account-view.js';
import { FailureView } from '../views/probe-failure.js';
import { ScopeView } from '../views/scope-view.js';

const instant = z.iso.datetime();

const WatchedAccount = z.object({
  /** `quota` is absent as well while the access token has expired: what was read before says nothing about now. */
  ...AccountView.shape,
  /** When its quota was read last. */
  lastSuccessAt: z.exactOptional(instant),
  /** The last time since the watch began that it could not be read. */
  lastError: z.exactOptional(z.object({ at: instant, ...FailureView.shape })),
});
export type WatchedAccount = z.infer<typeof WatchedAccount>;

/** All accounts of a scope at one moment. */
export const WatchRound = z.object({
  scope: ScopeView,
  /** 1-based. */
  round: z.number(),
  at: instant,
  /** When the next round begins; absent with `--once`. */
  nextAt: z.exactOptional(instant),
  accounts: z.array(WatchedAccount),
  /** Why this round could not look: the accounts are those of the round before. */
  problem: z.exactOptional(FailureView),
});
export type WatchRound = z.infer<typeof WatchRound>;

/** The last attempt failed. */
export function isFailing({ lastSuccessAt = '', lastError }: WatchedAccount): boolean {
  return lastError !== undefined && lastError.at >= lastSuccessAt;
}
