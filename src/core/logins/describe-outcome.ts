import { describeAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError, type ErrorCode } from '../errors.js';
import { proxyHint } from '../http/proxy-description.js';
import { toIso } from '../instant.js';
import { reasonOfRefusal } from '../oauth/token-verdict.js';
import { type AnswerDescription, describeAnswer, describePassing, isPassing } from '../provider/describe-answer.js';
import { describeObstruction } from '../provider/obstruction.js';
import { meaningOf } from '../provider/refusal-codes.js';
import { reasonIn, withReason } from '../provider-reason.js';
import { type RefreshOutcome, rotationLost } from './refresh-outcome.js';

export interface OutcomeDescription extends AnswerDescription<ErrorCode> {
  /** The next command or action. */
  readonly hint: string;
  /** When it may be tried again, ISO 8601. */
  readonly retryAt?: string;
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
    case 'no-place':
      return {
        code: outcome.problem.code,
        message: `the refresh token of ${name} was not spent, because the official client could not be given the next one: ${outcome.problem.message}`,
        hint: outcome.problem.hint ?? 'codex-auth doctor',
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
      return describeClosedWorkspace(outcome, name);
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
      return {
        code: 'rate-limited',
        message: withReason('the provider asks to slow down', outcome, 429),
        hint: 'try again in a minute',
        ...reasonIn(outcome),
      };
    case 'unreadable-entry':
      return {
        code: 'storage-corrupt',
        message: `${outcome.path} ${outcome.problem}, so that the refresh token of ${name} may be spent and is not sent`,
        hint: 'codex-auth doctor',
      };
    case 'obstructed':
      return describeObstruction(outcome.obstruction);
    case 'unknown':
      return outcome.obstruction === undefined
        ? describeUnknown(outcome, name)
        : describeObstruction(outcome.obstruction);
  }
}

function describeUnknown(outcome: Extract<RefreshOutcome, { kind: 'unknown' }>, name: string): OutcomeDescription {
  const { message, retryAt } = outcome;
  const when = retryAt === undefined ? '' : `; it may be tried again after ${clockTime(retryAt)}`;
  return {
    code: 'unknown-outcome',
    message: `nobody knows whether the refresh of ${name} happened: ${message}${when}`,
    hint:
      retryAt === undefined
        ? 'wait for that, then run the command again'
        : 'run the command again then: it looks for newer tokens first, and sends the old one once more',
    ...reasonIn(outcome),
    ...definedOnly({ retryAt: retryAt === undefined ? undefined : toIso(retryAt) }),
  };
}

/** Local time, `14:05`, the minute that is begun counted as a whole one: the wait is never longer than an hour. */
export function clockTime(at: number): string {
  return new Date(Math.ceil(at / 60_000) * 60_000).toTimeString().slice(0, 5);
}

/** The error for a caller that needs the access token. */
export function outcomeError(outcome: RefreshOutcome): AppError {
  const { code, message, hint, ...details } = describeOutcome(outcome);
  return new AppError(code, message, { hint, details });
}

type ClosedWorkspace = Extract<Unusable, { kind: 'other-workspace' }>;

/** Whether the workspace was not refused, but could not be asked for: it may be open the next time. */
export function isPassingClosure({ because }: ClosedWorkspace): boolean {
  return because !== undefined && because.kind !== 'other-workspace' && isPassing(because);
}

function describeClosedWorkspace({ because }: ClosedWorkspace, name: string): OutcomeDescription {
  if (because !== undefined && because.kind !== 'other-workspace' && isPassing(because)) {
    if (because.kind === 'obstructed') return describeObstruction(because);
    const { code, message, hint = 'try again later', ...reason } = describePassing(because);
    return {
      code: code === 'malformed' ? 'provider-error' : code,
      message: `the login of ${name} was renewed, but its workspace could not be entered: ${message}`,
      hint,
      ...reason,
    };
  }
  const message = `the login of ${name} was renewed for another workspace of the same person only`;
  if (because === undefined || because.kind === 'other-workspace') {
    return { code: 'sign-in-needed', message, hint: signInAgain };
  }
  const { message: words, hint = signInAgain, code: _, ...reason } = describeAnswer(because);
  return { code: 'sign-in-needed', message: `${message}: ${words}`, hint, ...reason };
}

function describeRefusal(
  { refusal, flaggedAs }: Extract<RefreshOutcome, { kind: 'refused' }>,
  name: string,
): OutcomeDescription {
  const { severity, code, status } = refusal;
  const reason = reasonOfRefusal(refusal);
  const aside = flaggedAs === undefined ? '' : '; the account has been set aside';
  if (flaggedAs === rotationLost) {
    return {
      code: 'sign-in-needed',
      message: `an earlier refresh of ${name} got no answer, and its token is spent now${aside}`,
      hint: signInAgain,
      ...reason,
    };
  }
  if (code === 'refresh_token_reused') {
    return {
      code: 'sign-in-needed',
      message: `another program has spent the refresh token of ${name}, and its successor is nowhere we can read${aside}`,
      hint: signInAgain,
      ...reason,
    };
  }
  const tell = (sentence: string) => `${withReason(sentence, { providerCode: code, ...reason }, status)}${aside}`;
  if (severity === 'client') {
    const message = tell('the provider refuses this program');
    return { code: 'provider-error', message, hint: 'update codex-auth', ...reason };
  }
  if (meaningOf(code) === 'account-blocked') {
    return {
      code: 'sign-in-needed',
      message: tell(`the provider has closed or blocked the account ${name}`),
      hint: 'ask the provider or whoever runs the account; once it is back: codex-auth verify-flagged',
      ...reason,
    };
  }
  const hint =
    flaggedAs === undefined
      ? 'try again later'
      : 'codex-auth verify-flagged tries it again, codex-auth login signs in anew';
  return {
    code: severity === 'hard' ? 'sign-in-needed' : 'provider-error',
    message: tell(`the provider refuses the login of ${name}`),
    hint: severity === 'hard' ? signInAgain : hint,
    ...reason,
  };
}
