import { normalizeEmailKey } from '../../core/accounts/identity.js';
import { AppError } from '../../core/errors.js';
import type { ProvenLogin } from '../../core/logins/enrolment.js';

/** Who is to sign in: anybody who is not here yet, or somebody known by the id of an account. */
export type Whom = { readonly kind: 'another' } | { readonly kind: 'again'; readonly id: string };

/** Who is to sign in; anybody else is refused and nothing is stored. */
export interface ExpectedPerson {
  readonly email: string;
  /** The workspace, where one of several was chosen. */
  readonly accountId?: string;
  readonly workspaceName?: string;
}

/** `--expect`. Throws `usage` for what no email can equal, before anybody signs in for nothing. */
export function expectedFrom(option: string): ExpectedPerson {
  const email = option.trim();
  if (/^[^\s@]+@[^\s@]+$/.test(email)) return { email };
  throw new AppError('usage', `--expect needs an email address, but got "${option}"`, {
    hint: 'codex-auth login --expect me@example.com',
  });
}

/** Throws `identity-mismatch` for anybody but the expected one. */
export function refuseStranger({ identity }: ProvenLogin, expected: ExpectedPerson | undefined): void {
  if (expected === undefined) return;
  const { email, accountId } = identity;
  if (email === undefined || normalizeEmailKey(email) !== normalizeEmailKey(expected.email)) {
    throw mismatch(`signed in as ${email ?? 'somebody without an email'}, not as ${expected.email}`);
  }
  if (expected.accountId === undefined || expected.accountId === accountId) return;
  throw mismatch(`signed in to another workspace than ${expected.workspaceName ?? expected.accountId}`);
}

function mismatch(message: string): AppError {
  return new AppError('identity-mismatch', `${message}; nothing was stored`, {
    hint: 'sign out in the browser or use a private window, then run the command again',
  });
}
