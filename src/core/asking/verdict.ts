import type { TokenSet } from '../accounts/account.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { describeOutcome } from '../logins/describe-outcome.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { bindingQuota } from '../quota/binding-quota.js';
import type { Secret } from '../secret.js';
import type { Probe, ProbeFailure } from './usage-endpoint.js';

/** What is found out about an account that was set aside; `reason` is a code, the provider's own where it gave one. */
export type Verdict =
  | { readonly kind: 'works' }
  /** The login works, but the quota is used up. */
  | { readonly kind: 'rate-limited'; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string; readonly lastError?: string }
  /** This program itself is refused, which condemns one account but not two in a run (DESIGN §7). */
  | { readonly kind: 'client-refused'; readonly reason: string }
  /** Nobody could tell: network, storage, or the official client looks after it. */
  | { readonly kind: 'unverified'; readonly reason: string };

const works: Verdict = { kind: 'works' };

export function judgeRefresh(outcome: RefreshOutcome): Verdict {
  switch (outcome.kind) {
    case 'usable':
      return works;
    case 'refused':
      return judgeRefusal(outcome);
    case 'no-refresh-token':
    case 'spent-token':
    case 'other-workspace':
    case 'no-access-token':
      return { kind: 'dead', reason: outcome.kind };
    case 'left-to-client':
    case 'issuer-mismatch':
    case 'foreign-tokens':
      return { kind: 'unverified', reason: outcome.kind };
    default:
      return { kind: 'unverified', reason: describeOutcome(outcome).code };
  }
}

function judgeRefusal({ refusal, flaggedAs }: Extract<RefreshOutcome, { kind: 'refused' }>): Verdict {
  if (refusal.severity === 'client') return { kind: 'client-refused', reason: refusal.code };
  const lastError = refusal.message === '' ? {} : { lastError: refusal.message };
  return { kind: 'dead', reason: flaggedAs ?? refusal.code, ...lastError };
}

/** Whether an access token can be sent at all: there, not over, and whole if it is a JWT. */
export function judgeAccessToken({ accessToken, expiresAt }: TokenSet, now: number): Verdict {
  if (accessToken === undefined) return { kind: 'dead', reason: 'no-access-token' };
  if (isBrokenJwt(accessToken)) return { kind: 'dead', reason: 'access-token-malformed' };
  const end = expiresAt ?? readClaims(accessToken.reveal())?.expiresAt;
  return end !== undefined && end <= now ? { kind: 'dead', reason: 'access-token-expired' } : works;
}

/** Every JWT begins with the base64url of `{"`; a token that does not is opaque, and nothing can be said about it. */
function isBrokenJwt(accessToken: Secret): boolean {
  const token = accessToken.reveal();
  return token.startsWith('eyJ') && readClaims(token) === undefined;
}

export function judgeProbe(probe: Probe, now: number): Verdict {
  if (probe.kind !== 'usage') return judgeFailure(probe);
  const { usableNowPercent, refusal } = bindingQuota(probe.usage, now);
  if (usableNowPercent === 0) return { kind: 'rate-limited', reason: 'quota-used-up' };
  return refusal === undefined ? works : { kind: 'rate-limited', reason: refusal.type ?? 'rate-limited' };
}

function judgeFailure(failure: ProbeFailure): Verdict {
  switch (failure.kind) {
    case 'answer':
      return judgeAnswer(failure.answer);
    case 'needs-refresh':
      return { kind: 'dead', reason: 'access-token-expired' };
    case 'not-refreshed':
      return judgeRefresh(failure.outcome);
    case 'signed-out':
    case 'switched':
      return { kind: 'unverified', reason: failure.kind };
  }
}

function judgeAnswer(answer: Extract<ProbeFailure, { kind: 'answer' }>['answer']): Verdict {
  switch (answer.kind) {
    case 'unauthorized':
    case 'forbidden':
      return { kind: 'dead', reason: answer.kind };
    case 'rate-limited':
      return { kind: 'rate-limited', reason: 'rate-limited' };
    case 'server':
    case 'malformed':
      return { kind: 'unverified', reason: 'provider-error' };
    case 'challenge':
    case 'offline':
    case 'proxy':
    case 'timeout':
      return { kind: 'unverified', reason: answer.kind };
  }
}
