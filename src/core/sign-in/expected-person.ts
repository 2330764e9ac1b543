import { normalizeEmailKey } from '../accounts/identity.js';
import { AppError } from '../errors.js';
import type { ProvenLogin } from '../logins/enrolment.js';

/** Who is to sign in; anybody else is refused and nothing is stored. */
export interface ExpectedPerson {
  readonly email: string;
  /** The workspace, where one of several was chosen. */
  readonly accountId?: string;
  readonly workspaceName?: string;
}

/** The person of an address. Throws `usage` for what no email can equal, before anybody signs in for nothing. */
export function expectedFrom(address: string): ExpectedPerson {
  const email = address.trim();
  if (/^[^\s@]+@[^\s@]+$/.test(email)) return { email };
  throw new AppError('usage', `--expect needs an email address, but got "${address}"`, {
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
