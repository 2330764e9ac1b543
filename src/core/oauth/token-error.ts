import { AppError, type ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import type { TokenVerdict } from './token-verdict.js';

/**
 * A verdict that brought no tokens, as an error about `what` (“the sign-in”, “the refresh for me@example.com”). `again` is
 * the command that tries once more.
 */
export function tokenError(
  verdict: Exclude<TokenVerdict, { kind: 'tokens' }>,
  what: string,
  again = 'try again',
): AppError {
  const { code, says, hint } = describe(verdict, again);
  return new AppError(code, `${what} failed: ${says}`, { hint, details: { reason: verdict.kind } });
}

interface Description {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
}

function describe(verdict: Exclude<TokenVerdict, { kind: 'tokens' }>, again: string): Description {
  switch (verdict.kind) {
    case 'refused':
      return { code: 'login-failed', says: refusalText(verdict), hint: 'codex-auth login' };
    case 'rate-limited':
      return {
        code: 'rate-limited',
        says: 'the provider asks to slow down (429)',
        hint: `wait a minute, then ${again}`,
      };
    case 'challenge':
      return {
        code: 'challenge',
        says: `a challenge page stands in front of the provider (${verdict.status})`,
        hint: `from another network, or later: ${again}`,
      };
    case 'server':
      return { code: 'provider-error', says: `the provider has a problem (${verdict.status})`, hint: again };
    case 'malformed':
      return {
        code: 'provider-error',
        says: `the answer (${verdict.status}) is not one of a token endpoint`,
        hint: `check for a proxy or a captive portal in between, then ${again}`,
      };
    case 'unsent':
      return verdict.reason === 'proxy'
        ? { code: 'proxy', says: verdict.message, hint: `${proxyHint}; then ${again}` }
        : { code: 'offline', says: verdict.message, hint: `check the network and the proxy, then ${again}` };
    case 'unknown':
      return { code: verdict.reason === 'timeout' ? 'timeout' : 'unknown-outcome', says: verdict.message, hint: again };
  }
}

function refusalText({ code, status, message }: Extract<TokenVerdict, { kind: 'refused' }>): string {
  const words = message === '' ? '' : `: ${message}`;
  return `the provider refused it (${code}, ${status})${words}`;
}
