import { type Unadoptable, unadoptableReasons } from '../codex/auth-file.js';
import { type FlatRefusal, flatRefusals } from '../token-files/flat-token-file.js';

/** Why a file, or a record in it, is not imported. */
export type ImportRefusal =
  | 'unreadable'
  | 'not-a-file'
  | 'too-large'
  | 'newer-version'
  | 'no-record'
  | 'no-tokens'
  | 'issuer-mismatch'
  | 'spent'
  | Unadoptable
  | FlatRefusal;

const ofAuthFiles = Object.fromEntries(
  Object.entries(unadoptableReasons).map(([reason, what]) => [reason, `holds ${what}`]),
) as Record<Unadoptable, string>;

/** The reason as the end of a sentence: "it …". */
export const importRefusals: Record<ImportRefusal, string> = {
  ...ofAuthFiles,
  ...flatRefusals,
  unreadable: 'cannot be read',
  'not-a-file': 'is not a regular file',
  'too-large': 'is too large to be a login',
  'newer-version': 'has a version that is newer than this program',
  'no-record': 'is not an account record',
  'no-tokens': 'holds no token',
  'issuer-mismatch': 'was issued by another provider than the configured one',
  spent: 'holds a refresh token that this program has used up since; sign in again instead',
};
