import { type Unadoptable, unadoptableReasons } from '../codex/auth-file.js';
import { type FlatRefusal, flatRefusals } from '../token-files/flat-token-file.js';

/** Why a file, or a record in it, is not imported. */
export type ImportRefusal =
  | 'unreadable'
  | 'not-a-file'
  | 'too-large'
  | 'too-deep'
  | 'too-many-files'
  | 'sealed'
  | 'not-opened'
  | 'newer-version'
  | 'no-record'
  | 'no-tokens'
  | 'repeated-member'
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
  'other-content': 'holds no login that this program knows',
  unreadable: 'cannot be read',
  'not-a-file': 'is not a regular file',
  'too-large': 'is too large to be a login',
  'too-deep': 'is nested deeper than any file with logins',
  'too-many-files': 'holds too many files; name those with logins',
  sealed: 'is sealed; add --passphrase-file or --identity',
  'not-opened': 'does not open with that passphrase or key, or is damaged',
  'newer-version': 'has a version that is newer than this program',
  'no-record': 'is not an account record',
  'no-tokens': 'holds no token',
  'repeated-member': 'says one thing twice, so that it is unknown which is meant',
  'issuer-mismatch': 'was issued by another provider than the configured one',
  spent: 'holds a refresh token that this program has used up since; sign in again instead',
};

/** Why a file, or a record in it, is passed over, which is no error. */
export type PassingReason = 'nothing-there' | 'names-only' | 'other-provider' | 'no-chatgpt-login' | 'other-file';

/** The reason as the end of a sentence: "it …". */
export const passingReasons: Record<PassingReason, string> = {
  'nothing-there': 'holds no login at the moment',
  'names-only': 'names logins that lie in other files',
  'other-provider': 'is a login of another provider',
  'no-chatgpt-login': 'is an API key or a login of another kind',
  'other-file': 'is not about logins',
};
