import type { Account, FlaggedAccount } from '../accounts/account.js';
import { withAccount } from '../accounts/pool.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { restoreAccount } from '../logins/restoring.js';
import { withStore } from '../logins/with-store.js';
import type { Store } from '../pools/store.js';
import { toSnapshot } from '../quota/snapshot.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import { ensureUsable } from '../spending/refresh.js';
import type { BackendAccess } from './authorized-call.js';
import { probeUsage } from './usage-endpoint.js';
import { judgeAccessToken, judgeProbe, judgeRefresh, type Verdict } from './verdict.js';

/** What verifying needs: `refresh` may spend a refresh token, `probe` only uses access tokens. */
export interface VerificationDeps {
  readonly refresh: RefreshDeps;
  /** Absent where the quota is not to be read. */
  readonly probe?: BackendAccess;
}

export interface Verification {
  readonly verdict: Verdict;
  readonly quota?: QuotaSnapshot;
}

/**
 * Finds out whether an account that was set aside works again. Its refresh token is tried, even if it was refused
 * before, because the provider may have revived it. New tokens are stored whatever the verdict is. A storage or lock
 * problem is a verdict too, so that the other accounts are still verified.
 */
async function verifyAccount(deps: VerificationDeps, account: FlaggedAccount): Promise<Verification> {
  try {
    return await verify(deps, account);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { verdict: unverified(error) };
  }
}

async function verify({ refresh, probe }: VerificationDeps, account: FlaggedAccount): Promise<Verification> {
  const { refreshToken: unproven } = account.tokens;
  const outcome = await ensureUsable(refresh, definedOnly({ account, reason: 'forced' as const, unproven }));
  const refreshed = judgeRefresh(outcome);
  if (refreshed.kind !== 'works') return { verdict: refreshed };
  return probeAccount(probe, outcome.account, refresh.root.clock.now());
}

/** The verdict by the access token at hand, without a refresh: it is free, and all that a dry run may use. */
export async function probeAccount(
  probe: BackendAccess | undefined,
  account: Account,
  now: number,
): Promise<Verification> {
  const token = judgeAccessToken(account.tokens, now);
  if (token.kind !== 'works' || probe === undefined) return { verdict: token };
  const answer = await probeUsage(probe, account);
  const quota = answer.kind === 'usage' ? toSnapshot(answer.usage) : undefined;
  return definedOnly({ verdict: judgeProbe(answer, now), quota });
}

/** What became of the record of an account that was verified. */
interface Attempt {
  /** `gone`: another process has removed it or brought it back meanwhile. */
  readonly place: 'restored' | 'flagged' | 'gone';
  /** When it was last verified; absent when never. */
  readonly at?: number;
  readonly count: number;
}

export interface VerifiedRecord extends Attempt {
  readonly account: FlaggedAccount;
  readonly verdict: Verdict;
}

/**
 * Verifies an account and stores the result. Where that cannot be stored the record stays as it was, but new tokens are
 * stored already.
 */
export async function verifyAndRecord(
  deps: VerificationDeps,
  account: FlaggedAccount,
  { restore }: { readonly restore: boolean },
): Promise<VerifiedRecord> {
  const verification = await verifyAccount(deps, account);
  const { verdict } = verification;
  try {
    // Without the signal, so that Ctrl-C does not keep the result from being stored.
    const attempt = await withStore(deps.refresh.root, {}, (store) =>
      recordAttempt(store, account, verification, restore),
    );
    return { account, verdict, ...attempt };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { lastVerifiedAt: at, verificationCount: count } = account.flag;
    return { account, verdict: unverified(error), place: 'flagged', count, ...definedOnly({ at }) };
  }
}

/** Stores the result, and brings the account back when it works and `restore` is set. */
function recordAttempt(
  store: Store,
  account: FlaggedAccount,
  { verdict, quota }: Verification,
  restore: boolean,
): Attempt {
  const at = store.root.clock.now();
  const scope = store.scopes().find(({ flagged }) => flagged.accounts.some(({ id }) => id === account.id));
  const current = scope?.flagged.accounts.find(({ id }) => id === account.id);
  const count = (current ?? account).flag.verificationCount + 1;
  if (scope === undefined || current === undefined) return { place: 'gone', at, count };
  if (verdict.kind === 'works' && restore) {
    restoreAccount(store, account.id, definedOnly({ quota }));
    return { place: 'restored', at, count };
  }
  const { reason, lastError } =
    verdict.kind === 'dead' ? { reason: verdict.reason, lastError: verdict.providerMessage } : current.flag;
  const flag = definedOnly({ ...current.flag, reason, lastError, lastVerifiedAt: at, verificationCount: count });
  store.saveFlagged(scope.key, withAccount(scope.flagged, { ...current, flag }));
  return { place: 'flagged', at, count };
}

function unverified({ code }: AppError): Verdict {
  return { kind: 'unverified', reason: code };
}
