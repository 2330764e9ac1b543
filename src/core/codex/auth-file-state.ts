import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { FileVersion } from '../storage/atomic-file.js';
import { type AuthFileContent, looseLogin, parseAuthFile } from './auth-file.js';
import type { CodexHome } from './home.js';
import { readLoginVersion } from './official-login.js';

export interface AuthFileState {
  readonly version: FileVersion;
  /** Why the login is not known; set by {@link readAuthFileForDisplay} only. */
  readonly problem?: string;
  /** Absent when no login is stored, or the file holds nothing. */
  readonly content?: AuthFileContent;
}

/** The login that the client has stored. Throws `storage-unreadable` or `credential-store` when that cannot be told. */
export function readAuthFile(home: CodexHome): AuthFileState {
  const version = readLoginVersion(home);
  if (version.kind === 'absent') return { version };
  return definedOnly({ version, content: parseAuthFile(version.content) });
}

/** The same for commands that only show it: a keyring out of reach, as over ssh, must not hide the accounts. */
export function readAuthFileForDisplay(home: CodexHome): AuthFileState {
  try {
    return readAuthFile(home);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'credential-store') throw error;
    return { version: { kind: 'absent' }, problem: `${error.message}; ${error.hint ?? ''}` };
  }
}

const looks = 6;
const pauseMs = 20;

/**
 * `auth.json` as soon as it makes sense: clients up to 0.166 rewrite it in place, so that a reader can meet half of it
 * (official-client.md#locks). A file that is still damaged or empty after 100 ms is returned.
 */
export async function readSettledAuthFile(home: CodexHome, clock: Clock): Promise<AuthFileState> {
  let state = readAuthFile(home);
  for (let look = 1; look < looks && (isDamaged(state) || isEmptied(state)); look += 1) {
    await clock.sleep(pauseMs);
    state = readAuthFile(home);
  }
  return state;
}

/** The file is empty for an instant while an old client rewrites it. */
function isEmptied({ version }: AuthFileState): boolean {
  return version.kind === 'present' && version.content === '';
}

/** The tokens in a file that cannot become an account, and the identity that they name. */
export function looseLoginIn({ version, content }: AuthFileState): ReturnType<typeof looseLogin> {
  const isLoose = content?.kind === 'unadoptable' && version.kind === 'present';
  return isLoose ? looseLogin(version.content) : undefined;
}

export function isDamaged({ content }: AuthFileState): boolean {
  return content?.kind === 'unadoptable' && content.reason === 'damaged';
}
