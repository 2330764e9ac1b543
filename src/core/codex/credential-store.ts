import { createHash } from 'node:crypto';
import { platform } from 'node:os';
import { AppError } from '../errors.js';
import { realPath } from '../storage/same-directory.js';
import { type CodexConfig, type ConfigProblem, readCodexConfig } from './config.js';
import { mayChooseStore } from './config-files.js';
import { type LibraryEntry, loadKeyringLibrary } from './keyring-library.js';
import { privateHomeAt } from './private-home.js';

/**
 * Where the official client keeps its login when that is not, or not only, its `auth.json`
 * (official-client.md#credential-store).
 */
export interface OtherStore extends KeyringEntry {
  readonly mode: 'keyring' | 'auto' | 'ephemeral' | 'unknown';
  /** Whether `auth.json` counts while this store holds nothing. */
  readonly fallsBackToFile: boolean;
  /** Why the last read fell back to the file: the keyring, in which there may be an entry, cannot be used here. */
  readonly obstacle?: () => AppError | undefined;
}

/**
 * The store that the client's configuration chooses; undefined for the file, which is the default, and which a client
 * in a private home is told to use.
 */
export function otherStore(homeDirectory: string): OtherStore | undefined {
  if (!mayChooseStore(homeDirectory) || privateHomeAt(homeDirectory) !== undefined) return undefined;
  const config = readCodexConfig(homeDirectory);
  if (config.problem?.hidesStore === true) return unknownStore(config.problem);
  const entry = () => withWayOut(config, entryOf(config, homeDirectory));
  switch (config.credentialStore.value) {
    case 'keyring':
      return { mode: 'keyring', fallsBackToFile: false, ...entry() };
    case 'auto':
      return { mode: 'auto', fallsBackToFile: true, ...tolerant(entry()) };
    case 'ephemeral':
      return { mode: 'ephemeral', fallsBackToFile: false, ...withWayOut(config, inMemory) };
    default:
      return undefined;
  }
}

/** The client does not start before the file is corrected, and only then can its login be found. */
function unknownStore({ path, message: why }: ConfigProblem): OtherStore {
  function refuseAll(): never {
    const message = `${path} ${why}, so that nobody can tell where the official client keeps its login`;
    const hint = `correct ${path}, then sign in or switch again`;
    throw new AppError('credential-store', message, { hint, details: { ...oursAlone, path } });
  }
  return { mode: 'unknown', fallsBackToFile: false, read: refuseAll, write: refuseAll };
}

function entryOf({ encryptsSecrets }: CodexConfig, homeDirectory: string): KeyringEntry {
  return (encryptsSecrets.value ?? platform() === 'win32') ? encrypted : keyringEntry(homeDirectory);
}

/** The client's encrypted file, of which the keyring holds only the key. */
const encrypted: KeyringEntry = {
  read: () => refuse('the official client keeps its login in an encrypted file that only it can read'),
  write: () => refuse('the official client keeps its login in an encrypted file that only it can read'),
};

/** Marks failures where the client can read its store and we cannot: with `auto` it uses the entry, not the file. */
const oursAlone = { isOursAlone: true };

const inMemory: KeyringEntry = {
  read: () => undefined,
  write: () => refuse('the official client keeps its login in memory, so that there is nothing to switch'),
};

function refuse(message: string): never {
  throw new AppError('credential-store', message, { details: oursAlone });
}

/** Every failure ends with the line that makes the client use a file, which always works. */
function withWayOut({ credentialStore: { path } }: CodexConfig, entry: KeyringEntry): KeyringEntry {
  function guided<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, details, cause } = error;
      const hint = `set cli_auth_credentials_store = "file" in ${path}, then sign in or switch again`;
      throw new AppError(code, message, { hint, details: { ...details, path }, cause });
    }
  }
  return { read: () => guided(() => entry.read()), write: (content) => guided(() => entry.write(content)) };
}

/** As for the client in the mode `auto`: a keyring that cannot be used counts as one without an entry. */
function tolerant(entry: KeyringEntry): KeyringEntry & Required<Pick<OtherStore, 'obstacle'>> {
  let obstacle: AppError | undefined;
  return {
    read() {
      try {
        const content = entry.read();
        obstacle = undefined;
        return content;
      } catch (error) {
        if (!(error instanceof AppError) || error.details?.['isOursAlone'] === true) throw error;
        obstacle = error;
        return undefined;
      }
    },
    write: (content) => entry.write(content),
    obstacle: () => obstacle,
  };
}

/** Where the official client keeps the login of one home in the keyring of the system. */
interface KeyringEntry {
  /** Its content; undefined when there is none. Throws `credential-store` when that cannot be told. */
  read(): string | undefined;
  write(content: string): void;
}

const service = 'Codex Auth';

/**
 * The entry of a home: `cli|` and the first 16 hex digits of the SHA-256 of its real path, as 0.169.0 names it. The library
 * is loaded by the first use.
 */
function keyringEntry(homeDirectory: string): KeyringEntry {
  let entry: LibraryEntry | undefined;
  function use<T>(action: (open: LibraryEntry) => T): T {
    try {
      // Not the kernel's keyring, the library's second choice: the client does not look there, and a reboot empties it.
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
