import { printable } from '../printable.js';
import { meaningOf } from '../provider/refusal-codes.js';

/** Codes of ours and of the provider as the end of a sentence; what is not here is shown as it is. */
const reasons: Readonly<Record<string, string>> = {
  manual: 'you said so',
  unknown: 'of a reason that was not recorded',
  refresh_token_expired: 'its refresh token has expired',
  refresh_token_reused: 'its refresh token has been spent by somebody else',
  refresh_token_invalidated: 'the provider has ended its login',
  invalid_grant: 'the provider refuses its refresh token',
  token_expired: 'the provider says that its login has expired',
  account_deleted: 'the account has been deleted',
  account_deactivated: 'the account has been deactivated',
  'rotation-lost': 'the answer to an earlier refresh was lost',
  'refresh-refused': 'its refresh token was refused too often in a row',
  'no-refresh-token': 'it has no refresh token',
  'spent-token': 'its refresh token was exchanged already',
  'no-access-token': 'a refresh brings no usable access token',
  'other-workspace': 'its login works for another workspace only',
  'access-token-expired': 'its access token has expired',
  'access-token-malformed': 'its access token is damaged',
  unauthorized: 'the provider refuses its access token',
  forbidden: 'the provider does not let it in (403)',
  closed: 'its workspace lets nobody in',
  'rate-limited': 'the provider limits it at the moment',
  'quota-used-up': 'its quota is used up',
  offline: 'the provider could not be reached',
  proxy: 'the proxy gave no connection',
  timeout: 'the provider did not answer in time',
  challenge: 'a challenge page stands in front of the provider',
  region: 'the provider refuses requests from where this machine is',
  intercepted: "something in between answered in the provider's place",
  'provider-error': 'the provider has a problem',
  'unknown-outcome': 'a refresh got no answer; the next run looks what became of it',
  'left-to-client': 'the official client is using it and refreshes it by itself',
  'no-place': 'the official client could not be given its next login; codex-auth doctor says why',
  'foreign-tokens': 'it holds tokens of another account',
  'issuer-mismatch': 'it was signed in at another address, and its tokens are sent to nobody else',
  'signed-out': 'the official client has been signed out meanwhile',
  switched: 'the official client has been switched meanwhile',
  'lock-busy': 'another process is busy with it',
  'storage-write-failed': 'a file could not be written',
  'no-such-account': 'another process has removed it meanwhile',
};

export function reasonText(reason: string): string {
  if (Object.hasOwn(reasons, reason)) return reasons[reason] ?? reason;
  switch (meaningOf(reason)) {
    case 'login-ended':
      return `the provider has ended its login (${reason})`;
    case 'account-blocked':
      return `the provider has closed or blocked the account (${reason})`;
    case 'client-refused':
      return `the provider refuses this program (${reason})`;
    default:
      return printable(reason);
  }
}
