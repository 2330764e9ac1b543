import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { readVersion } from '../storage/atomic-file.js';
import { parseFlatTokenFile } from '../token-files/flat-token-file.js';
import { fingerprint, type JournalEntry } from './journal.js';

// Token files are not ours to write unless the person names them. So an answer that did not reach its file waits in the
// journal for the next `renew` of that file, and only for as long as the file still holds the token that was spent.

/** Whether a token file still holds the token that this entry is about. What cannot be read may well hold it. */
export function isAwaitedByFile({ header: { tokenFiles = [], spent } }: JournalEntry): boolean {
  return tokenFiles.some((path) => {
    const held = refreshTokenIn(path);
    return held === 'unreadable' || (held !== undefined && fingerprint(held.reveal()) === spent);
  });
}

/** Whether the answer is where it was meant to go. */
export function hasReachedFile({ header: { tokenFiles = [] }, answer }: JournalEntry): boolean {
  return tokenFiles.some((path) => {
    const held = refreshTokenIn(path);
    return held !== undefined && held !== 'unreadable' && held.reveal() === answer?.refreshToken;
  });
}

function refreshTokenIn(path: string): Secret | 'unreadable' | undefined {
  try {
    const version = readVersion(path);
    const file = version.kind === 'present' ? parseFlatTokenFile(version.content) : undefined;
    return file?.kind === 'flat' ? file.login.tokens.refreshToken : undefined;
  } catch (error) {
    if (error instanceof AppError) return 'unreadable';
    throw error;
  }
}
