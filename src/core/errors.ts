import { printable } from './printable.js';

/**
 * Every way a command can fail, as a closed union. `cli/program/exit-codes.ts` maps each code to the documented exit
 * code, so adding one here is a compile error there until it has one.
 */
export type ErrorCode =
  // the request
  | 'usage'
  | 'ambiguous-selector'
  | 'invalid-setting'
  | 'broken-project'
  | 'confirmation-needed'
  | 'not-allowed'
  // nothing to act on
  | 'no-such-account'
  | 'empty-pool'
  // the login
  | 'sign-in-needed'
  | 'login-failed'
  | 'identity-mismatch'
  | 'issuer-mismatch'
  // network and provider
  | 'offline'
  | 'proxy'
  | 'timeout'
  | 'rate-limited'
  | 'challenge'
  | 'region'
  | 'intercepted'
  | 'provider-error'
  | 'unknown-outcome'
  // storage and locks
  | 'storage-unreadable'
  | 'storage-corrupt'
  | 'storage-newer-version'
  | 'storage-write-failed'
  | 'storage-wrong-owner'
  | 'storage-conflict'
  | 'lock-busy'
  | 'credential-store'
  // several machines
  | 'shared-pool'
  // the machine
  | 'command-not-found'
  | 'not-executable'
  | 'port-busy'
  | 'declined'
  | 'interrupted'
  | 'internal';

export interface ErrorFacts {
  /** What belongs below the message, a line each. */
  readonly lines?: readonly string[];
  /** The exact next command or action, without trailing period. */
  readonly hint?: string;
  /** Machine-readable facts for `--json`; never a token. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The only exception this product throws on purpose. The message says what happened; the hint what to do next. Both may
 * quote what the person typed, a file or a server, and are fit to be shown: only `lines` breaks a line.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(
      [message, ...(facts.lines ?? [])].map(printable).join('\n'),
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = 'AppError';
    this.code = code;
    this.hint = facts.hint === undefined ? undefined : printable(facts.hint);
    this.details = facts.details;
  }
}

/** The result of a task, or what `instead` makes of an `AppError`; any other error is thrown on. */
export function orInstead<T, U>(task: () => T, instead: (error: AppError) => U): T | U {
  try {
    return task();
  } catch (error) {
    if (error instanceof AppError) return instead(error);
    throw error;
  }
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
