import type { ErrorCode } from '../core/errors.js';

/** The errors with a section of their own in `docs/troubleshooting.md`, under their code as the heading. */
export const explainedErrors: readonly ErrorCode[] = [
  'invalid-setting',
  'broken-project',
  'not-allowed',
  'sign-in-needed',
  'login-failed',
  'identity-mismatch',
  'issuer-mismatch',
  'offline',
  'proxy',
  'timeout',
  'rate-limited',
  'challenge',
  'region',
  'intercepted',
  'provider-error',
  'unknown-outcome',
  'storage-unreadable',
  'storage-corrupt',
  'storage-newer-version',
  'storage-write-failed',
  'storage-wrong-owner',
  'storage-conflict',
  'lock-busy',
  'credential-store',
  'shared-pool',
  'port-busy',
  'internal',
];

/** What tells more about an error, for whom the hint is not enough; undefined where the hint says everything. */
export function troubleshootingOf(code: string): string | undefined {
  return explainedErrors.some((each) => each === code) ? `codex-auth help ${code}` : undefined;
}
