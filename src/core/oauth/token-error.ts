import { AppError, type ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import { describeObstruction, type Obstruction } from '../provider/obstruction.js';
import { meaningOf } from '../provider/refusal-codes.js';
import { type ProviderReason, withReason } from '../provider-reason.js';
import { reasonOfVerdict, type TokenVerdict } from './token-verdict.js';

/** A verdict that brought no tokens, as the error of a sign-in: nothing is lost, so that trying again costs nothing. */
export function tokenError(verdict: Exclude<TokenVerdict, { kind: 'tokens' }>): AppError {
  const { code, says, hint } = describe(verdict);
  const details = { reason: verdict.kind, ...reasonOfVerdict(verdict) };
  return new AppError(code, `the sign-in failed: ${says}`, { hint, details });
}

interface Description {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
}

function describe(verdict: Exclude<TokenVerdict, { kind: 'tokens' }>): Description {
  switch (verdict.kind) {
    case 'refused':
      return {
        code: 'login-failed',
        says: withReason(
          'the provider refused it',
          { providerCode: verdict.code, ...reasonOfVerdict(verdict) },
          verdict.status,
        ),
        hint: hintOfRefusal(verdict.code),
      };
    case 'rate-limited':
      return {
        code: 'rate-limited',
        says: withReason('the provider asks to slow down', verdict, 429),
        hint: 'wait a minute, then try again',
      };
    case 'obstructed':
      return obstructed(verdict);
    case 'server':
      return {
        code: 'provider-error',
        says: withReason('the provider has a problem', verdict, verdict.status),
        hint: 'try again in a minute',
      };
    case 'malformed':
      return verdict.obstruction === undefined ? unreadable(verdict) : obstructed(verdict.obstruction);
    case 'unsent':
      return verdict.reason === 'proxy'
        ? { code: 'proxy', says: verdict.message, hint: `${proxyHint}; then try again` }
        : { code: 'offline', says: verdict.message, hint: 'check the network and the proxy, then try again' };
    case 'unknown': {
      if (verdict.obstruction !== undefined) return obstructed(verdict.obstruction);
      const code = verdict.reason === 'timeout' ? 'timeout' : 'unknown-outcome';
      return { code, says: verdict.message, hint: 'try again' };
    }
  }
}

function obstructed(obstruction: Obstruction): Description {
  const { code, message, hint } = describeObstruction(obstruction);
  return { code, says: message, hint };
}

function unreadable(verdict: { readonly status: number } & ProviderReason): Description {
  return {
    code: 'provider-error',
    says: withReason('the answer is not one of a token endpoint', verdict, verdict.status),
    hint: 'check for a proxy or a captive portal in between, then try again',
  };
}

function hintOfRefusal(code: string): string {
  switch (meaningOf(code)) {
    case 'client-refused':
      return 'update codex-auth, then try again';
    case 'account-blocked':
      return 'ask whoever runs the account or its workspace, or sign in to another one';
    default:
      return 'try again; codex-auth doctor looks at the clock and the network';
  }
}
