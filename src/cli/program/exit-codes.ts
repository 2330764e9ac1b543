import type { ErrorCode } from '../../core/errors.js';

/** The exit codes, with the sentence that the reference page (docs/exit-codes.md) shows for each. */
export const exitCodes = {
  done: { code: 0, meaning: 'Done.' },
  attention: { code: 1, meaning: 'Done but something needs attention, or it failed.' },
  usage: { code: 2, meaning: 'The command line is wrong, or a selector means more than one account.' },
  nothing: { code: 3, meaning: 'Nothing to act on: no such account, or no accounts at all.' },
  signIn: { code: 4, meaning: 'A sign-in is needed.' },
  network: { code: 5, meaning: 'The network or the provider failed.' },
  storage: { code: 6, meaning: 'A file could not be read or written, or another process holds it.' },
  notExecutable: { code: 126, meaning: 'The command that `run` was given cannot be executed.' },
  notFound: { code: 127, meaning: 'The command that `run` was given does not exist.' },
  interrupted: { code: 130, meaning: 'Interrupted.' },
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code'];

/** The exit code of every error, in the order of the reference page. */
export const exitCodeByError: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: 2,
  'ambiguous-selector': 2,
  'invalid-setting': 2,
  'broken-project': 2,
  'confirmation-needed': 2,
  'not-allowed': 1,
  'no-such-account': 3,
  'empty-pool': 3,
  'sign-in-needed': 4,
  'login-failed': 1,
  'identity-mismatch': 1,
  'issuer-mismatch': 4,
  offline: 5,
  proxy: 5,
  timeout: 5,
  'rate-limited': 5,
  challenge: 5,
  region: 5,
  intercepted: 5,
  'provider-error': 5,
  'unknown-outcome': 5,
  'storage-unreadable': 6,
  'storage-corrupt': 6,
  'storage-newer-version': 6,
  'storage-write-failed': 6,
  'storage-wrong-owner': 6,
  'storage-conflict': 6,
  'lock-busy': 6,
  'credential-store': 6,
  'shared-pool': 1,
  'command-not-found': 127,
  'not-executable': 126,
  'port-busy': 1,
  declined: 1,
  interrupted: 130,
  internal: 1,
};
