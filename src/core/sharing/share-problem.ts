import { AppError } from '../errors.js';

/** Why a shared pool cannot be worked with, as `details.reason` of an error with the code `shared-pool`. */
export type ShareReason =
  /** The pool in the database was sealed with another key. */
  | 'wrong-key'
  /** The schema of that name is another program's. */
  | 'other-schema'
  | 'newer-schema'
  /** Nobody has made a pool there yet. */
  | 'no-schema'
  | 'already-there'
  /** This machine has lost the key. */
  | 'no-key'
  /** This root takes part in no pool. */
  | 'not-joined'
  | 'joined-already'
  /** Another machine goes by the name of this one. */
  | 'cloned'
  /** The database holds another pool than the one that was joined. */
  | 'other-pool'
  | 'kept-elsewhere'
  | 'not-shared'
  /** The database answered something that is no answer of it. */
  | 'damaged';

export function shareProblem(reason: ShareReason, message: string, hint: string): AppError {
  return new AppError('shared-pool', message, { hint, details: { reason } });
}

export function notJoined(): AppError {
  const message = 'this machine takes part in no shared pool';
  return shareProblem('not-joined', message, 'codex-auth share init <url>, or share join <url>');
}

export function noSchema(): AppError {
  return shareProblem('no-schema', 'the database holds no shared pool', 'codex-auth share init <url>');
}

export function newerSchema(version: number): AppError {
  const message = `the shared pool has version ${version}, newer than this program`;
  return shareProblem('newer-schema', message, 'update codex-auth');
}

export function joinedAlready(): AppError {
  return shareProblem(
    'joined-already',
    'this machine takes part in a shared pool already',
    'codex-auth share status; share phrase shows its recovery phrase, and share leave ends it here',
  );
}

export function keptElsewhere(who: string, keeper: string | undefined, hint: string): AppError {
  const message = `${who} is kept by ${keeper ?? 'another machine'}, which alone refreshes it`;
  return shareProblem('kept-elsewhere', message, hint);
}

/** The notice about rows in the database that are older than known here; `doctor` repeats it until that is settled. */
export const olderServer = {
  message:
    'the database has gone back to an older state, as after a restored backup: nothing older is taken over from it',
  hint: 'codex-auth share sync on every machine that keeps logins, which brings its own up to date; for one that is gone: codex-auth share take <account> --force',
};
