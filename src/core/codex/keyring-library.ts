import { createRequire } from 'node:module';

/** What we use of `@napi-rs/keyring`: one entry of the keyring of the person who is logged in to this machine. */
export interface LibraryEntry {
  getPassword(): string | null;
  setPassword(password: string): void;
  /** Whether there was one. */
  deletePassword(): boolean;
}

interface Library {
  readonly Entry: new (
    service: string,
    username: string,
    options: { readonly linux: { readonly store: 'secret-service' } },
  ) => LibraryEntry;
}

/**
 * Loads the library, which is native and therefore optional: it is no part of the bundle. Synchronous, because
 * everything that reads a login is. Throws where it is not installed, or not for this platform.
 */
export function loadKeyringLibrary(): Library {
  const require = createRequire(import.meta.url);
  return require('@napi-rs/keyring') as Library;
}
