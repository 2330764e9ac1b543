import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { FileVersion } from '../storage/atomic-file.js';
import { type AuthFileContent, looseLogin, parseAuthFile } from './auth-file.js';
import type { CodexHome } from './home.js';
import { readLoginVersion } from './official-login.js';

export interface AuthFileState {
  readonly version: FileVersion;
  /** Why it is not known, for those that can do without; absent where it is. */
  readonly problem?: string;
  /** Absent when the file is, or holds nothing. */
  readonly content?: AuthFileContent;
}

/** The login that the client has stored. Throws `storage-unreadable` or `credential-store` when that cannot be told. */
export function readAuthFile(home: CodexHome): AuthFileState {
  const version = readLoginVersion(home);
  if (version.kind === 'absent') return { version };
  return definedOnly({ version, content: parseAuthFile(version.content) });
}

/** The same for whoever only shows it: a keyring that cannot be reached, as over ssh, must not hide the accounts. */
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
 * (official-client.md#locks). What is still damaged or empty after 100 ms is returned as that.
 */
export async function readSettledAuthFile(home: CodexHome, clock: Clock): Promise<AuthFileState> {
  let state = readAuthFile(home);
  for (let look = 1; look < looks && (isDamaged(state) || isEmptied(state)); look += 1) {
    await clock.sleep(pauseMs);
    state = readAuthFile(home);
  }
  return state;
}

/** As it is for an instant while an old client writes it. */
function isEmptied({ version }: AuthFileState): boolean {
  return version.kind === 'present' && version.content === '';
}

/** The tokens of whoever they name, where the file cannot become an account. */
export function looseLoginIn({ version, content }: AuthFileState): ReturnType<typeof looseLogin> {
  const isLoose = content?.kind === 'unadoptable' && version.kind === 'present';
  return isLoose ? looseLogin(version.content) : undefined;
}

export function isDamaged({ content }: AuthFileState): boolean {
  return content?.kind === 'unadoptable' && content.reason === 'damaged';
}
