import type { Account } from '../accounts/account.js';
import { type AskingFailed, obstructionOf, type Probe, type ProbeFailure } from '../asking/usage-endpoint.js';
import { toIso } from '../instant.js';
import { describeOutcome } from '../logins/describe-outcome.js';
import { describeAnswer } from '../provider/describe-answer.js';
import { describeObstruction, type ObstructionDescription } from '../provider/obstruction.js';
import { type Failure, failureOf } from '../provider-reason.js';

const obstructions = ['region', 'challenge', 'intercepted'];

/** Whether something stands between this machine and the provider. It is the same for every account, and shown once. */
export function isObstruction({ code }: Pick<Failure, 'code'>): boolean {
  return obstructions.includes(code);
}

/** What answered in the provider's place, which would be the same for every account. */
export function failureInTheWay(probe: Probe | AskingFailed | undefined): ObstructionDescription | undefined {
  const obstruction = obstructionOf(probe);
  return obstruction && describeObstruction(obstruction);
}

export type ShowTime = (at: number) => string;

/** Why nothing could be read about an account. Times in it are ISO 8601 unless `showTime` says otherwise. */
export function describeFailure(failure: ProbeFailure | AskingFailed, showTime: ShowTime = toIso): Failure {
  switch (failure.kind) {
    case 'needs-refresh':
      return needsRefresh(failure.account.tokens);
    case 'signed-out':
      return {
        code: 'signed-out',
        message: 'the official client has been signed out meanwhile, so nothing was refreshed',
        hint: 'codex-auth switch',
      };
    case 'switched':
      return {
        code: 'switched',
        message: 'the official client has been switched to another account meanwhile, so nothing was refreshed',
        hint: 'run the command again',
      };
    case 'not-refreshed':
      return describeOutcome(failure.outcome);
    case 'failed':
      return failureOf(failure.error);
    case 'answer':
      return describeRefused(failure, showTime);
  }
}

function needsRefresh({ accessToken, refreshToken }: Account['tokens']): Failure {
  if (refreshToken === undefined) {
    return {
      code: 'sign-in-needed',
      message: 'the login has ended, and cannot be renewed here: sign in again',
      hint: 'codex-auth login',
    };
  }
  const message = accessToken === undefined ? 'there is no access token yet' : 'the access token has expired';
  return { code: 'needs-refresh', message, hint: 'codex-auth check' };
}

function describeRefused(
  { answer, isRefreshed }: Extract<ProbeFailure, { kind: 'answer' }>,
  showTime: ShowTime,
): Failure {
  const view = describeAnswer(answer, { showTime });
  if (view.hint !== undefined || answer.kind !== 'unauthorized') return view;
  // A refresh that was allowed has been tried, and another one would end the same way.
  return { ...view, hint: isRefreshed === true ? 'codex-auth login' : 'codex-auth check' };
}

const networkFailures = [
  'offline',
  'proxy',
  'timeout',
  'provider-error',
  ...obstructions,
  'malformed',
  'rate-limited',
  'unknown-outcome',
];

/** Whether the network or the provider is the reason, and not the account. */
export function isNetworkFailure({ code }: Pick<Failure, 'code'>): boolean {
  return networkFailures.includes(code);
}

interface Seen {
  readonly quota?: { readonly usableNowPercent?: number | undefined; readonly windows: readonly unknown[] };
  readonly failure?: Failure;
}

/** Whether nothing is known about any account, because of the network or the provider: exit code 5. */
export function isInTheDark(accounts: readonly Seen[]): boolean {
  const failures = accounts.flatMap(({ failure }) => failure ?? []);
  // An account that was not asked says nothing either.
  const isMute = (failure: Failure) => isNetworkFailure(failure) || failure.code === 'needs-refresh';
  return !accounts.some(isKnown) && failures.some(isNetworkFailure) && failures.every(isMute);
}

/** Whether its quota is known. A window that has reset since it was seen tells nothing any more (P15). */
function isKnown({ quota }: Seen): boolean {
  return quota !== undefined && (quota.windows.length > 0 || quota.usableNowPercent !== undefined);
}

/** Whether every account failed because something could not be stored: exit code 6. */
export function isWithoutPlace(problems: readonly (Pick<Failure, 'code'> | undefined)[]): boolean {
  return problems.length > 0 && problems.every((problem) => problem?.code === 'storage-write-failed');
}
