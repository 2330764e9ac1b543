import type { Account } from '../accounts/account.js';
import type { Secret } from '../secret.js';
import type { RefreshOutcome } from './refresh-outcome.js';

/**
 * Whether a login is this machine's to refresh, for a root that shares logins with other machines. Asked in the one place
 * that spends refresh tokens, with the lock of the person held.
 */
export interface Custody {
  /** Why its refresh token must not be sent now; undefined where it may. Whoever keeps the pool knows of it from then on. */
  obstacleTo(account: Account, refreshToken: Secret): Promise<RefreshOutcome | undefined>;
  /** Its answer is stored: the other machines are to have it. Never throws: the next exchange brings what this one could not. */
  hasRotated(account: Account): Promise<void>;
}
