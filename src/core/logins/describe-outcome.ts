import { describeAccount } from '../accounts/account.js';
import type { ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import { type RefreshOutcome, rotationLost } from './refresh-outcome.js';

export interface OutcomeDescription {
  readonly code: ErrorCode;
  /** One sentence for a person. */
  readonly message: string;
  /** The next command or action. */
  readonly hint: string;
}

type Unusable = Exclude<RefreshOutcome, { kind: 'usable' }>;

/** Why there is no fresh access token, and what to do about it. */
export function describeOutcome(outcome: RefreshOutcome): OutcomeDescription {
  if (outcome.kind === 'usable') return { code: 'internal', message: 'the login works', hint: 'codex-auth list' };
  return describeUnusable(outcome, describeAccount(outcome.account));
}

const signInAgain = 'codex-auth login';

function describeUnusable(outcome: Unusable, name: string): OutcomeDescription {
  switch (outcome.kind) {
    case 'left-to-client':
      return {
        code: 'lock-busy',
        message: `the official client (pid ${outcome.pid}) is using ${name} and refreshes it by itself`,
        hint: 'nothing to do',
      };
    case 'no-refresh-token':
      return {
        code: 'sign-in-needed',
        message: `the login of ${name} has no refresh token: it ends with its access token, and cannot be renewed here`,
        hint: signInAgain,
      };
    case 'spent-token':
      return {
        code: 'sign-in-needed',
        message: `the refresh token of ${name} was exchanged already, so an older copy of the pool has come back`,
        hint: 'codex-auth doctor --fix  (takes the newest login from the backups, or says that you have to sign in)',
      };
    case 'foreign-tokens':
      return { code: 'sign-in-needed', message: `${name} holds tokens of another account`, hint: 'codex-auth fix' };
    case 'issuer-mismatch':
      return {
        code: 'issuer-mismatch',
        message: `${name} was signed in at ${outcome.issuer}, and its tokens are sent to nobody else`,
        hint: 'unset CODEX_AUTH_ISSUER, or sign in again',
      };
    case 'other-workspace':
      return {
        code: 'sign-in-needed',
        message: `the login of ${name} was renewed for another workspace of the same person only`,
        hint: signInAgain,
      };
    case 'no-access-token':
      return {
        code: 'provider-error',
        message: `the provider has renewed the login of ${name} without a usable access token: ${outcome.message}`,
        hint: 'try again later',
      };
    case 'refused':
      return describeRefusal(outcome, name);
    case 'unsent':
      return {
        code: outcome.reason === 'proxy' ? 'proxy' : 'offline',
        message: `the refresh of ${name} was not sent: ${outcome.message}`,
        hint: outcome.reason === 'proxy' ? proxyHint : 'check the network and the proxy, then try again',
      };
    case 'rate-limited':
      return { code: 'rate-limited', message: 'the provider asks to slow down (429)', hint: 'try again in a minute' };
    case 'challenge':
      return {
        code: 'challenge',
        message: `a challenge page stands in front of the provider (${outcome.status})`,
        hint: 'try again from another network, or later',
      };
    case 'unknown':
      return {
        code: 'unknown-outcome',
        message: `nobody knows whether the refresh of ${name} happened: ${outcome.message}`,
        hint: 'run the command again: it looks for newer tokens first, then asks once more',
      };
  }
}

function describeRefusal(
  { refusal, flaggedAs }: Extract<RefreshOutcome, { kind: 'refused' }>,
  name: string,
): OutcomeDescription {
  const aside = flaggedAs === undefined ? '' : '; the account has been set aside';
  if (flaggedAs === rotationLost) {
    return {
      code: 'sign-in-needed',
      message: `an earlier refresh of ${name} got no answer, and its token is spent now${aside}`,
      hint: signInAgain,
    };
  }
  if (refusal.code === 'refresh_token_reused') {
    return {
      code: 'sign-in-needed',
      message: `another program has spent the refresh token of ${name}, and its successor is nowhere we can read${aside}`,
      hint: signInAgain,
    };
  }
  if (refusal.severity === 'client') {
    return {
      code: 'provider-error',
      message: `the provider refuses this program (${refusal.code})`,
      hint: 'update codex-auth',
    };
  }
  const words = refusal.message === '' ? '' : `: ${refusal.message}`;
  return {
    code: refusal.severity === 'hard' ? 'sign-in-needed' : 'provider-error',
    message: `the provider refuses the login of ${name} (${refusal.code}, ${refusal.status})${words}${aside}`,
    hint: refusal.severity === 'hard' ? signInAgain : 'try again later',
  };
}
