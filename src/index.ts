import { systemClock } from './core/clock.js';
import { AppError } from './core/errors.js';
import { openSession } from './core/session/open-session.js';
import { type Listener, silent } from './core/session/session.js';
import { systemProcesses } from './core/storage/process-table.js';
import type { CodexAuth, CodexAuthOptions } from './library/codex-auth.js';
import { libraryOf } from './library/open.js';

/**
 * Opens the accounts that the command line would use in the same place. Reads the settings, and no account yet. Throws
 * an {@link AppError}: `usage` without a home or with one that is misspelled, `invalid-setting`, a `storage-` code for
 * a damaged settings file.
 */
export function openCodexAuth(options: CodexAuthOptions): CodexAuth {
  const effectiveUserId = process.geteuid?.();
  const host = {
    variables: options.environment,
    cwd: options.cwd,
    clock: systemClock,
    processes: systemProcesses,
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    platform: process.platform,
    architecture: process.arch,
    version: options.callerName ?? 'library',
    signal: endingWith(options.signal),
    unfinished: new Set<Promise<unknown>>(),
  };
  return libraryOf(openSession(host, { global: options.global }, listenerOf(options)));
}

/** Aborts with an `AppError` of the code `interrupted`, by which the calling program tells it from other errors. */
function endingWith(signal: AbortSignal | undefined): AbortSignal {
  const ending = new AbortController();
  const end = () => ending.abort(new AppError('interrupted', 'ended by the signal of the program'));
  if (signal?.aborted === true) end();
  else signal?.addEventListener('abort', end, { once: true });
  return ending.signal;
}

/** Passes each warning on once. The calling program decides itself what its users are shown. */
function listenerOf({ onWarning }: CodexAuthOptions): Listener {
  const told = new Set<string>();
  return {
    warn(message) {
      if (told.has(message)) return;
      told.add(message);
      onWarning?.(message);
    },
    note: () => undefined,
    status: () => undefined,
    progress: () => silent,
  };
}

export type { Decision } from './core/decision/decide.js';
export type { ErrorCode } from './core/errors.js';
export type { HealthEvent } from './core/health/events.js';
export type { Secret } from './core/secret.js';
export type { SignInRequest } from './core/sign-in/sign-in.js';
export type { AskRequest, BestRequest, CodexAuth, CodexAuthOptions, DecideRequest } from './library/codex-auth.js';
export type {
  AccessToken,
  AccountCheck,
  AccountQuota,
  AccountSummary,
  AccountUsage,
  BestAccount,
  DiagnosisRow,
  ModelTrial,
  QuotaWindow,
  RenewedLogin,
  RepairedAccount,
  SignedIn,
  Switched,
  VerifiedLogin,
} from './library/results.js';
export { AppError };
