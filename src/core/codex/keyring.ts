import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { AppError } from '../errors.js';
import { type LibraryEntry, loadKeyringLibrary } from './keyring-library.js';

/** Where the official client keeps the login of one home in the keyring of the system. */
export interface KeyringEntry {
  /** Its content; undefined when there is none. Throws `credential-store` when that cannot be told. */
  read(): string | undefined;
  write(content: string): void;
}

const service = 'Codex Auth';

/**
 * The entry of a home: `cli|` and the first 16 hex digits of the SHA-256 of its real path, as 0.169.0 names it. The library
 * is loaded by the first use.
 */
export function keyringEntry(homeDirectory: string): KeyringEntry {
  let entry: LibraryEntry | undefined;
  function use<T>(action: (open: LibraryEntry) => T): T {
    try {
      // Not the kernel's keyring, which the library falls back to: the client does not look there, and it forgets.
      entry ??= new (libraryOrError().Entry)(service, accountName(homeDirectory), {
        linux: { store: 'secret-service' },
      });
      return action(entry);
    } catch (error) {
      throw error instanceof AppError ? error : unavailable(error);
    }
  }
  return {
    read: () => use((open) => open.getPassword()) ?? undefined,
    write: (content) => use((open) => open.setPassword(content)),
  };
}

export function accountName(homeDirectory: string): string {
  return `cli|${createHash('sha256').update(realPath(homeDirectory)).digest('hex').slice(0, 16)}`;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The client does not start with a home that is not there.
    return path;
  }
}

function libraryOrError(): ReturnType<typeof loadKeyringLibrary> {
  try {
    return loadKeyringLibrary();
  } catch (error) {
    const message = 'the official client keeps its login in the keyring, and the library for that is not installed';
    throw new AppError('credential-store', message, { details: { isOursAlone: true }, cause: error });
  }
}

/** The library's message names the failure of the system, never what is stored. */
function unavailable(error: unknown): AppError {
  const why = error instanceof Error ? error.message : 'unknown error';
  const message = `the official client keeps its login in the keyring, which cannot be used here: ${why}`;
  return new AppError('credential-store', message, { cause: error });
}
