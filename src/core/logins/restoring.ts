import type { Account, FlaggedAccount } from '../accounts/account.js';
import { withAccount, withoutAccount } from '../accounts/pool.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { type AccountKnowledge, withKnowledge } from '../health/account-state.js';
import { fullScore } from '../health/score.js';
import { withoutFlag } from '../pools/account-codec.js';
import { moveTime } from '../pools/moves.js';
import type { Store } from '../pools/store.js';

/**
 * Moves an account back from the flagged file to the pool beside it, which is where it came from: health 100, pauses
 * forgotten, called what its tokens say, enabled or not as the person left it. The destination is written first, so
 * that at no instant it is in neither, and the later `movedAt` says which one counts. Returns undefined when it is set
 * aside no more.
 */
export function restoreAccount(
  store: Store,
  accountId: string,
  learnt: Pick<AccountKnowledge, 'quota'> = {},
): Account | undefined {
  for (const { key, pool, flagged } of store.scopes()) {
    const setAside = flagged.accounts.find(({ id }) => id === accountId);
    if (setAside === undefined) continue;
    const account = asUsable(setAside, store.root.clock.now());
    // Before the move: a crash in between leaves an account that is still set aside, and known to be well.
    forgetTrouble(store, accountId, learnt);
    store.savePool(key, withAccount(pool, account));
    store.saveFlagged(key, withoutAccount(flagged, accountId));
    return account;
  }
  return undefined;
}

function asUsable(setAside: FlaggedAccount, now: number): Account {
  const { accountId, email } = identityOfTokens(setAside.tokens);
  return {
    ...withoutPausesOfOtherTools(withoutFlag(setAside)),
    ...definedOnly({ accountId, email }),
    movedAt: moveTime(setAside, now),
  };
}

/** Other tools of this family keep pauses in the record; ours are in `account-state.json`. */
function withoutPausesOfOtherTools(account: Account): Account {
  const { coolingDownUntil: _until, cooldownReason: _reason, rateLimitResetTimes: _limits, ...raw } = account.raw;
  return { ...account, raw };
}

/** The login has just been proven: its health is full, and no pause or refusal of the old one counts any more. */
export function forgetTrouble(store: Store, accountId: string, learnt: Pick<AccountKnowledge, 'quota'> = {}): void {
  const health = { score: fullScore, at: store.root.clock.now(), consecutiveRefreshFailures: 0 };
  store.changeState((state) =>
    withKnowledge(state, accountId, { ...state.accounts[accountId], ...learnt, health, refusal: undefined }),
  );
}
