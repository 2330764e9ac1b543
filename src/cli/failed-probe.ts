import type { Account } from '../core/accounts/account.js';
import { type AskingFailed, obstructionOf, type Probe, type ProbeFailure } from '../core/asking/usage-endpoint.js';
import { describeOutcome } from '../core/logins/describe-outcome.js';
import { describeAnswer } from '../core/provider/describe-answer.js';
import { describeObstruction, type ObstructionDescription } from '../core/provider/obstruction.js';
import { errorView, type FailureView } from './probe-failure.js';
import { formatWhen } from './render/time.js';

export function failureView(failure: ProbeFailure | AskingFailed, now: number): FailureView {
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
      return errorView(failure.error);
    case 'answer':
      return answerView(failure, now);
  }
}

/** What came in the provider's place, which would be the same for every account. */
export function failureInTheWay(probe: Probe | AskingFailed | undefined): ObstructionDescription | undefined {
  const obstruction = obstructionOf(probe);
  return obstruction && describeObstruction(obstruction);
}

/** Nothing when the account was not asked, or answered. */
export function failureOfProbe(probe: Probe | AskingFailed | undefined, now: number): FailureView | undefined {
  return probe === undefined || probe.kind === 'usage' ? undefined : failureView(probe, now);
}

function needsRefresh({ accessToken, refreshToken }: Account['tokens']): FailureView {
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

function answerView({ answer, isRefreshed }: Extract<ProbeFailure, { kind: 'answer' }>, now: number): FailureView {
  const view = describeAnswer(answer, { showTime: (at) => formatWhen(at, now) });
  if (view.hint !== undefined || answer.kind !== 'unauthorized') return view;
  // Where a refresh was allowed it has been tried, and the next one would end the same way.
  return { ...view, hint: isRefreshed === true ? 'codex-auth login' : 'codex-auth check' };
}
