import type { Account, TokenSet } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { takeTurn } from '../in-parallel.js';
import { holdsForeignTokens, sharesItsLogin } from '../lineage/foreign-tokens.js';
import { knownSpent } from '../lineage/lineage-log.js';
import { findStored, gatherNewest } from '../logins/gather-newest.js';
import { personLockName, withPersonLock } from '../logins/person-lock.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import type { RefreshReason } from '../oauth/token-endpoint.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import { clientInCharge, livesInHome, whyNotSpendable } from './client-in-charge.js';
import { settleRefusal } from './refusal.js';
import { enterFromSibling } from './sibling-workspace.js';
import { spendToken } from './spend-token.js';
import { obstacleTo } from './unanswered.js';

export interface RefreshRequest {
  readonly account: Account;
  readonly reason: RefreshReason;
  /** The access token that is not good enough although it has not expired: refused with a 401, or to be replaced. */
  readonly rejected?: Secret;
  /**
   * A refresh token that has been refused and is to be tried again: while the account holds it, only a refresh proves
   * anything, however good an access token is.
   */
  readonly unproven?: Secret;
}

const maxLocks = 3;

/**
 * Sees to it that an account has a usable access token, spending its refresh token only when no copy anywhere has one.
 * One critical section per person across all processes (P1); inside it the newest copy wins before anything is sent
 * (P2), the journal is ready before the request and has the answer before anybody uses it (P3), and what may have been
 * spent is not sent again before its time ({@link obstacleTo}), and what a home also holds is spent only where that home
 * can be given the next one. Throws only when storage or locks fail, or the account is gone.
 */
export async function ensureUsable(deps: RefreshDeps, request: RefreshRequest): Promise<RefreshOutcome> {
  const { root, files, signal, answers } = deps;
  for (let taken = 1; taken <= maxLocks; taken += 1) {
    const account = findStored(readAllScopes(root.paths, files.read), request.account.id);
    const lock = personLockName(account, root);
    let isInside = false;
    const inside = () => {
      isInside = true;
      return answers.expect(() => refreshInside(deps, request, lock));
    };
    try {
      const outcome = await withPersonLock(root, account, { signal }, inside).finally(takeTurn);
      if (outcome !== 'other-lock') return outcome;
    } catch (error) {
      // Where no lock can be made nothing can be stored either: what is good for long needs neither.
      const isNotDue =
        !isInside && request.unproven === undefined && isUsable(aheadOfClients(deps), account, request.rejected);
      if (isNotDue && error instanceof AppError && error.code === 'storage-write-failed')
        return { kind: 'usable', account, how: 'valid' };
      throw error;
    }
  }
  throw new AppError('storage-conflict', 'this account keeps changing while its turn comes', {
    hint: 'run the command again',
  });
}

type Inside = RefreshOutcome | 'other-lock';

async function refreshInside(deps: RefreshDeps, request: RefreshRequest, lock: string): Promise<Inside> {
  const first = await attempt(deps, request, lock);
  if (first === 'other-lock' || first.kind !== 'refused') return first;
  // A refused token is often one that another program has spent, and may have left the next one where we can read it.
  const { tokens } = await gatherNewest(deps, request.account.id);
  const hasMovedOn = tokens.refreshToken?.equals(first.account.tokens.refreshToken) === false;
  const last = hasMovedOn ? await attempt(deps, request, lock) : first;
  return last !== 'other-lock' && last.kind === 'refused' ? settleRefusal(deps, last) : last;
}

async function attempt(deps: RefreshDeps, request: RefreshRequest, lock: string): Promise<Inside> {
  const { root, files, provider, uninterrupted } = deps;
  const account = await gatherNewest(deps, request.account.id);
  // While we waited, a refresh may have told whose login it is: then others wait for another lock than this one.
  if (personLockName(account, root) !== lock) return 'other-lock';
  const issuer = foreignIssuer(account, provider);
  if (issuer !== undefined) return { kind: 'issuer-mismatch', account, issuer };
  const isForeign = holdsForeignTokens(account);
  if (isForeign && !sharesItsLogin(account, recordsOf(readAllScopes(root.paths, files.read)))) {
    return { kind: 'foreign-tokens', account };
  }
  const { refreshToken, idToken } = account.tokens;
  const isUnproven = refreshToken?.equals(request.unproven) === true;
  const isInHome = await livesInHome(deps, account);
  const rules = isInHome ? aheadOfClients(deps) : deps;
  const isGood = (tokens: TokenSet) => !isUnproven && isGoodFor(rules, tokens, request.rejected);
  if (isGood(account.tokens) && !isForeign) return { kind: 'usable', account, how: howItCame(account, request) };
  if (refreshToken === undefined) return { kind: 'no-refresh-token', account };

  const entered = await enterFromSibling(deps, account, isGood);
  if (entered !== undefined) return { kind: 'usable', account: entered, how: 'refreshed' };
  const pid = await clientInCharge(deps, account);
  if (pid !== undefined) return { kind: 'left-to-client', account, pid };
  if (knownSpent(root, files.read)(refreshToken)) return { kind: 'spent-token', account };
  const obstacle = obstacleTo(deps, account, refreshToken);
  if (obstacle !== undefined) return obstacle;
  const problem = await whyNotSpendable(deps, account);
  if (problem !== undefined) return { kind: 'no-place', account, problem };
  // Asked last, because it tells the shared pool that the token is about to be sent.
  const keptElsewhere = await deps.custody?.obstacleTo(account, refreshToken);
  if (keptElsewhere !== undefined) return keptElsewhere;
  const reason = idToken === undefined ? 'forced' : request.reason;
  return uninterrupted(() => spendToken(deps, { account, refreshToken, reason, isInHome }));
}

function howItCame({ tokens }: Account, { account }: RefreshRequest): 'valid' | 'adopted' {
  return tokens.accessToken?.equals(account.tokens.accessToken) === true ? 'valid' : 'adopted';
}

type ExpiryRules = Pick<RefreshDeps, 'root' | 'settings'>;

/** What a home holds is refreshed before the official client would do it itself. */
function aheadOfClients({ root, settings }: ExpiryRules): ExpiryRules {
  const tokenRefreshSkewMs = Math.max(settings.tokenRefreshSkewMs, settings.refreshAheadMs);
  return { root, settings: { ...settings, tokenRefreshSkewMs } };
}

/** Expiry is judged with some time to spare; an access token of unknown end counts as good until it is refused. */
export function isUsable(rules: ExpiryRules, account: Account, rejected: Secret | undefined): boolean {
  return isGoodFor(rules, account.tokens, rejected) && !holdsForeignTokens(account);
}

function isGoodFor({ root, settings }: ExpiryRules, tokens: TokenSet, rejected: Secret | undefined): boolean {
  const { accessToken, expiresAt } = tokens;
  if (accessToken === undefined || accessToken.equals(rejected)) return false;
  return expiresAt === undefined || expiresAt - settings.tokenRefreshSkewMs > root.clock.now();
}
