import type { Flag, FlaggedAccount } from '../accounts/account.js';
import { withAccount, withoutAccount } from '../accounts/pool.js';
import { moveTime } from '../pools/moves.js';
import type { Store } from '../pools/store.js';
import { meaningOf } from '../provider/refusal-codes.js';

/** Why an account is set aside; the provider's own code where it gave one. */
export interface FlagReason {
  readonly reason: string;
  /** One sentence for a person. */
  readonly lastError?: string;
}

/**
 * Moves an account from its pool to the flagged file beside it. The destination is written first, so that at no instant
 * it is in neither; both copies carry `movedAt`, so that the next load knows which one counts. Returns false
 * when it is in no pool any more.
 */
export function flagAccount(store: Store, accountId: string, { reason, lastError }: FlagReason): boolean {
  for (const { key, pool, flagged } of store.scopes()) {
    const account = pool.accounts.find((each) => each.id === accountId);
    if (account === undefined) continue;
    const now = store.root.clock.now();
    const flag: Flag = { at: now, reason, verificationCount: 0, ...(lastError === undefined ? {} : { lastError }) };
    const movedAt = moveTime(account, now);
    // The format of the file wants the count from the start.
    const raw = { ...account.raw, verificationCount: 0 };
    const moved: FlaggedAccount = { ...account, raw, movedAt, flag };
    store.saveFlagged(key, withAccount(flagged, moved));
    store.savePool(key, withoutAccount(pool, accountId));
    return true;
  }
  return false;
}

/** Reasons of our own that are about the tokens held then; for the provider's codes `meaningOf` tells that. */
const deadTokenReasons = ['rotation-lost', 'refresh-refused', 'no-refresh-token', 'spent-token'];

/** Whether the account was set aside because of the tokens that it held then, and for nothing else. */
export function isDeadToken({ flag: { reason } }: FlaggedAccount): boolean {
  return deadTokenReasons.includes(reason) || (meaningOf(reason) === 'login-ended' && !reason.endsWith('_changed'));
}
