import { platform } from 'node:os';
import { AppError } from '../errors.js';
import { chosenStore, type StoreChoice } from './config-files.js';
import { type KeyringEntry, keyringEntry } from './keyring.js';

/** Where the official client keeps its login when that is not, or not only, its `auth.json` (CODEX.md §2). */
export interface OtherStore extends KeyringEntry {
  readonly mode: 'keyring' | 'auto' | 'ephemeral';
  /** Whether `auth.json` is what counts while there is nothing here. */
  readonly fallsBackToFile: boolean;
  /** Why the file counts although there may be an entry, which nobody can read here; as found by the last read. */
  readonly obstacle?: () => AppError | undefined;
}

/** The store that the client's configuration chooses; undefined for the file, which is the default. */
export function otherStore(homeDirectory: string): OtherStore | undefined {
  const choice = chosenStore(homeDirectory);
  switch (choice?.mode) {
    case 'keyring':
      return { mode: 'keyring', fallsBackToFile: false, ...withWayOut(choice, entryOf(choice, homeDirectory)) };
    case 'auto':
      return { mode: 'auto', fallsBackToFile: true, ...tolerant(withWayOut(choice, entryOf(choice, homeDirectory))) };
    case 'ephemeral':
      return { mode: 'ephemeral', fallsBackToFile: false, ...withWayOut(choice, inMemory) };
    default:
      return undefined;
  }
}

function entryOf({ encryptsSecrets }: StoreChoice, homeDirectory: string): KeyringEntry {
  return (encryptsSecrets ?? platform() === 'win32') ? encrypted : keyringEntry(homeDirectory);
}

/** There the keyring holds only the key of an encrypted file of the client's own making. */
const encrypted: KeyringEntry = {
  read: () => refuse('the official client keeps its login in an encrypted file that only it can read'),
  write: () => refuse('the official client keeps its login in an encrypted file that only it can read'),
};

/** Marks the failures in which the client can look and we cannot: `auto` leads it to the entry then. */
const oursAlone = { isOursAlone: true };

const inMemory: KeyringEntry = {
  read: () => undefined,
  write: () => refuse('the official client keeps its login in memory, so that there is nothing to switch'),
};

function refuse(message: string): never {
  throw new AppError('credential-store', message, { details: oursAlone });
}

/** Every failure ends with the line that makes the client use a file, which always works. */
function withWayOut({ path }: StoreChoice, entry: KeyringEntry): KeyringEntry {
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

/** As the client does in this mode: where the system has no keyring that can be used, there is nothing in it. */
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
