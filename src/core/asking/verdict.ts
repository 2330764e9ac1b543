import type { TokenSet } from '../accounts/account.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { describeOutcome, isPassingClosure } from '../logins/describe-outcome.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { reasonOfRefusal } from '../oauth/token-verdict.js';
import { describePassing, type FailedAnswer } from '../provider/describe-answer.js';
import { meaningOf } from '../provider/refusal-codes.js';
import { type ProviderReason, reasonIn } from '../provider-reason.js';
import { bindingQuota } from '../quota/binding-quota.js';
import type { Secret } from '../secret.js';
import type { Probe, ProbeFailure } from './usage-endpoint.js';

/** The result of trying an account that is set aside; `reason` is a code, the provider's own where it gave one. */
export type Verdict = { readonly kind: 'works' } | Doubt;

export type Doubt = ProviderReason &
  (
    | /** The login works, but the quota is used up. */ { readonly kind: 'rate-limited'; readonly reason: string }
    | { readonly kind: 'dead'; readonly reason: string }
    /** The provider refuses this program. That counts against the account when it happens to one alone in a run. */
    | { readonly kind: 'client-refused'; readonly reason: string }
    /** It could not be found out: the network or storage failed, or the official client takes care of the login. */
    | { readonly kind: 'unverified'; readonly reason: string }
  );

const works: Verdict = { kind: 'works' };

export function judgeRefresh(outcome: RefreshOutcome): Verdict {
  switch (outcome.kind) {
    case 'usable':
      return works;
    case 'refused':
      return judgeRefusal(outcome);
    case 'other-workspace':
      if (isPassingClosure(outcome)) return unverified(outcome);
      return { kind: 'dead', reason: outcome.kind };
    case 'no-refresh-token':
    case 'spent-token':
    case 'no-access-token':
      return { kind: 'dead', reason: outcome.kind };
    case 'left-to-client':
    case 'no-place':
    case 'issuer-mismatch':
    case 'foreign-tokens':
      return { kind: 'unverified', reason: outcome.kind };
    default:
      return unverified(outcome);
  }
}

function unverified(outcome: RefreshOutcome): Verdict {
  const description = describeOutcome(outcome);
  return { kind: 'unverified', reason: description.code, ...reasonIn(description) };
}

function judgeRefusal({ refusal, flaggedAs }: Extract<RefreshOutcome, { kind: 'refused' }>): Verdict {
  const reason = reasonOfRefusal(refusal);
  if (refusal.severity === 'client') return { kind: 'client-refused', reason: refusal.code, ...reason };
  return { kind: 'dead', reason: flaggedAs ?? refusal.code, ...reason };
}

/** Whether an access token can be sent at all: it exists, is not over, and is whole if it is a JWT. */
export function judgeAccessToken({ accessToken, expiresAt }: TokenSet, now: number): Verdict {
  if (accessToken === undefined) return { kind: 'dead', reason: 'no-access-token' };
  if (isBrokenJwt(accessToken)) return { kind: 'dead', reason: 'access-token-malformed' };
  const end = expiresAt ?? readClaims(accessToken.reveal())?.expiresAt;
  return end !== undefined && end <= now ? { kind: 'dead', reason: 'access-token-expired' } : works;
}

/** Every JWT begins with the base64url of `{"`. Another token is opaque, and cannot be judged. */
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

function judgeAnswer(answer: FailedAnswer): Verdict {
  switch (answer.kind) {
    case 'unauthorized':
    case 'forbidden':
    case 'closed':
      return { kind: 'dead', reason: answer.providerCode ?? answer.kind, ...reasonIn(answer) };
    case 'refused': {
      const reason = reasonIn(answer);
      return meaningOf(answer.providerCode) === 'account-blocked'
        ? { kind: 'dead', reason: answer.providerCode ?? answer.kind, ...reason }
        : { kind: 'unverified', reason: 'provider-error', ...reason };
    }
    case 'rate-limited':
      return { kind: 'rate-limited', reason: 'rate-limited', ...reasonIn(answer) };
    case 'malformed':
      return { kind: 'unverified', reason: 'provider-error' };
    default: {
      const description = describePassing(answer);
      return { kind: 'unverified', reason: description.code, ...reasonIn(description) };
    }
  }
}
