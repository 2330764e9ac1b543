import { describeAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError, type ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import { type RefreshOutcome, rotationLost } from './refresh-outcome.js';

export interface OutcomeDescription {
  readonly code: ErrorCode;
  /** One sentence for a person. */
  readonly message: string;
  /** The next command or action. */
  readonly hint: string;
  /** When it may be tried again, ISO 8601. */
  readonly retryAt?: string;
}

/** The same as an error. */
export function errorOf(outcome: RefreshOutcome): AppError {
  const { code, message, hint, retryAt } = describeOutcome(outcome);
  return new AppError(code, message, { hint, ...(retryAt === undefined ? {} : { details: { retryAt } }) });
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
      return { code: 'sign-in-needed', message: `${name} has no refresh token`, hint: signInAgain };
    case 'spent-token':
      return {
        code: 'sign-in-needed',
        message: `the refresh token of ${name} was exchanged already, so an older copy of the pool has come back`,
        hint: 'codex-auth doctor --fix  (takes the newest login from the backups, or says that you have to sign in)',
      };
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
    case 'unreadable-entry':
      return {
        code: 'storage-corrupt',
        message: `${outcome.path} ${outcome.problem}, so that the refresh token of ${name} may be spent and is not sent`,
        hint: 'codex-auth doctor',
      };
    case 'unknown':
      return describeUnknown(outcome, name);
  }
}

function describeUnknown(
  { message, retryAt }: Extract<RefreshOutcome, { kind: 'unknown' }>,
  name: string,
): OutcomeDescription {
  const when = retryAt === undefined ? '' : `; it may be tried again after ${clockTime(retryAt)}`;
  return {
    code: 'unknown-outcome',
    message: `nobody knows whether the refresh of ${name} happened: ${message}${when}`,
    hint:
      retryAt === undefined
        ? 'wait for that, then run the command again'
        : 'run the command again then: it looks for newer tokens first, and sends the old one once more',
    ...definedOnly({ retryAt: retryAt === undefined ? undefined : new Date(retryAt).toISOString() }),
  };
}

/** Local time, `14:05`, the minute that is begun counted as a whole one: the wait is never longer than an hour. */
export function clockTime(at: number): string {
  return new Date(Math.ceil(at / 60_000) * 60_000).toTimeString().slice(0, 5);
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
