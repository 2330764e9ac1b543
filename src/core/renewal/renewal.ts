import type { TokenSet } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { describeOutcome } from '../logins/describe-outcome.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { type Failure, failureOf } from '../provider-reason.js';

/** What the wish to renew one account or one token file came to. */
export type Renewal =
  /** `refreshed`: by a request; `adopted`: a newer copy of the same login was there already. */
  | { readonly kind: 'renewed'; readonly how: 'refreshed' | 'adopted'; readonly expiresAt?: number }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly message?: string; readonly expiresAt?: number }
  | Failed;

interface Failed {
  readonly kind: 'failed';
  readonly problem: Failure;
}

export type SkipReason = 'not-due' | 'disabled' | 'left-to-client';

export function renewed(how: 'refreshed' | 'adopted', { expiresAt }: Partial<TokenSet>): Renewal {
  return { kind: 'renewed', how, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

export function notDue({ expiresAt }: Partial<TokenSet>): Renewal {
  return { kind: 'skipped', reason: 'not-due', ...(expiresAt === undefined ? {} : { expiresAt }) };
}

export function failed(problem: Failure): Failed {
  return { kind: 'failed', problem };
}

/** An error of our own is the outcome of the account or file that it happened to; any other is thrown on. */
export function failedBy(error: unknown): Failed {
  if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
  return failed(failureOf(error));
}

/** What an outcome means for an account or a file that was to get the tokens. */
export function ofOutcome(outcome: RefreshOutcome): Renewal {
  if (outcome.kind === 'usable') {
    const { tokens } = outcome.account;
    return outcome.how === 'valid' ? notDue(tokens) : renewed(outcome.how, tokens);
  }
  const problem = describeOutcome(outcome);
  const { message } = problem;
  if (outcome.kind === 'left-to-client') return { kind: 'skipped', reason: 'left-to-client', message };
  return failed(problem);
}
