import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as z from 'zod/mini';
import { type LibraryEntry, loadKeyringLibrary } from '../codex/keyring-library.js';
import { AppError } from '../errors.js';
import { withStoreLock } from '../health/state-store.js';
import { readVersion } from '../storage/atomic-file.js';
import { corrupt, newerVersion, overwriteJson, parseJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';
import { type ShareKey, shareKeyOf } from './share-key.js';
import { shareProblem } from './share-problem.js';

/** Where this machine has the key of the shared pool: in a file of its root, or in the keyring of the person. */
export type KeyPlace = 'file' | 'keyring';

const KeyFile = z.object({
  version: z.number(),
  keyId: z.string(),
  place: z.enum(['file', 'keyring']),
  /** The key in Base64; absent where it is in the keyring. */
  key: z.exactOptional(z.string()),
  /** The name of its entry in the keyring. */
  entry: z.exactOptional(z.string()),
});
type KeyFile = z.infer<typeof KeyFile>;

const thisVersion = 1;
const keyBytes = 32;

/** The service under which the keyring lists the key. */
const service = 'codex-auth';

/** Keeps the key in place of an earlier one. Throws `credential-store` where a keyring is wanted and cannot be used. */
export async function keepShareKey(root: Root, key: ShareKey, place: KeyPlace): Promise<void> {
  const stored = { version: thisVersion, keyId: key.id, place };
  const text = key.bytes().toString('base64');
  const entry = entryName(root);
  if (place === 'keyring') withKeyring(entry, (open) => open.setPassword(text));
  await withStoreLock(root, undefined, (lock) => {
    const path = root.paths.shareKey;
    const content = place === 'keyring' ? { ...stored, entry } : { ...stored, key: text };
    overwriteJson(root, lock, path, readVersion(path), content);
  });
}

/** Names the root, because two roots of one person may be in two pools. */
function entryName({ paths }: Pick<Root, 'paths'>): string {
  return `shared-pool|${createHash('sha256').update(paths.root).digest('hex').slice(0, 16)}`;
}

/** Where the key is; undefined where this machine has none. Throws as {@link readShareKey}, and opens no keyring. */
export function shareKeyPlace({ paths }: Pick<Root, 'paths'>): KeyPlace | undefined {
  return readKeyFile(paths.shareKey)?.place;
}

/**
 * The key of the shared pool that this machine is in. Throws `shared-pool` where it is gone, `credential-store` where the
 * keyring has it and cannot be used now, and `storage-…` for a file that cannot be read.
 */
export function readShareKey({ paths }: Pick<Root, 'paths'>): ShareKey {
  const file = readKeyFile(paths.shareKey);
  if (file === undefined) throw keyIsGone(`${paths.shareKey} does not exist`);
  const { place, entry, keyId } = file;
  const text = place === 'file' ? file.key : entry && withKeyring(entry, (open) => open.getPassword());
  if (text === undefined || text === null || text === '')
    throw keyIsGone('the keyring of this system has no entry of it');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== keyBytes) throw corrupt(paths.shareKey, 'its key has a wrong length', wayOut);
  const key = shareKeyOf(bytes);
  if (key.id !== keyId) throw corrupt(paths.shareKey, 'its key is another one than it says', wayOut);
  return key;
}

/** Removes it from this machine. A keyring that cannot be opened keeps its entry, and the file that named it goes. */
export async function forgetShareKey(root: Root): Promise<void> {
  const path = root.paths.shareKey;
  if (readVersion(path).kind === 'absent') return;
  const entry = readKeyFileIfGood(path)?.entry;
  if (entry !== undefined) forgetEntry(entry);
  await withStoreLock(root, undefined, () => rmSync(path, { force: true }));
}

function forgetEntry(entry: string): void {
  try {
    withKeyring(entry, (open) => open.deletePassword());
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

function readKeyFileIfGood(path: string): KeyFile | undefined {
  try {
    return readKeyFile(path);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

const wayOut = 'codex-auth share join  (asks for the recovery phrase, and keeps the key again)';

function readKeyFile(path: string): KeyFile | undefined {
  const version = readVersion(path);
  if (version.kind === 'absent') return undefined;
  const file = KeyFile.safeParse(parseJson(path, version.content, wayOut));
  if (!file.success) throw corrupt(path, 'it holds no key', wayOut);
  if (file.data.version <= thisVersion) return file.data;
  throw newerVersion(path, file.data.version);
}

function keyIsGone(why: string): AppError {
  return shareProblem('no-key', `this machine has no key of the shared pool: ${why}`, wayOut);
}

function withKeyring<T>(entry: string, action: (open: LibraryEntry) => T): T {
  try {
    const { Entry } = loadKeyringLibrary();
    // Not the kernel's keyring, which forgets with the session.
    return action(new Entry(service, entry, { linux: { store: 'secret-service' } }));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new AppError('credential-store', `the keyring with the key of the shared pool cannot be used here: ${why}`, {
      hint: wayOut,
      cause: error,
    });
  }
}
