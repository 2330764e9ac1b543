import { statSync } from 'node:fs';
import { AppError, systemErrorCode } from '../errors.js';
import { type FileVersion, type PreparedFile, readVersion, versionOf } from '../storage/atomic-file.js';
import { type FilePlace, type PlaceChoice, placeOfFile, preparePlace } from '../storage/file-place.js';
import type { Root } from '../storage/root.js';
import type { CodexHome } from './home.js';
import { overwriteLogin } from './in-place-write.js';

/*
 * The login of the official client where its configuration keeps it: a file, or an entry of the system's keyring. The
 * content has the same form in both. Write only under the client's own locks (`credential-lock.ts`).
 */

/** What is stored now. Throws `storage-unreadable` or `credential-store`: unreadable is not empty (P11). */
export function readLoginVersion({ authFile, otherStore }: CodexHome): FileVersion {
  const stored = otherStore?.read();
  if (stored !== undefined) return versionOf(stored);
  return otherStore?.fallsBackToFile === false ? { kind: 'absent' } : readVersion(authFile);
}

/** Whether the stored version is exactly this content, laid out as it would be written. */
export function holdsLogin(root: Root, home: CodexHome, version: FileVersion, content: string): boolean {
  if (version.kind === 'absent') return false;
  if (!isFile(home)) return version.content === compact(content);
  // A file that others can read is written again, which makes it private.
  const { mode = 0 } = statSync(home.authFile, { throwIfNoEntry: false }) ?? {};
  const isPrivate = root.effectiveUserId === undefined || (mode & 0o077) === 0;
  return version.content === content && isPrivate;
}

/**
 * `guard` runs right before the old content goes, and throws when it must stay. A file that cannot be replaced is
 * overwritten, and so is one that has a second name: that name would keep a login which will be spent.
 */
export function writeLogin(
  root: Root,
  home: CodexHome,
  content: string,
  guard: () => void,
  choice: PlaceChoice = {},
): void {
  if (!isFile(home)) {
    guard();
    home.otherStore?.write(compact(content));
    return;
  }
  const place = preparePlace(root, home.authFile, content, choice);
  if (place.kind === 'closed') throw place.problem;
  if (place.kind === 'in-place' || !isCommitted(place.prepared, guard)) overwriteLogin(root, home, content, guard);
}

/** False where the system has no list of mounts, and only the rename has shown that the file is a mount point. */
function isCommitted(prepared: PreparedFile, guard: () => void): boolean {
  try {
    prepared.commit(guard);
    return true;
  } catch (error) {
    if (isHeldByMount(error)) return false;
    throw error;
  }
}

/** Whether only a mount keeps something from taking the place of a file. */
export function isHeldByMount(error: unknown): boolean {
  return error instanceof AppError && systemErrorCode(error.cause) === 'EBUSY';
}

/** How the stored login can be changed, as far as that shows without writing. */
export function loginFilePlace(root: Pick<Root, 'effectiveUserId'>, home: CodexHome): FilePlace {
  return isFile(home) ? placeOfFile(root, home.authFile) : { kind: 'replaceable' };
}

/** Why no other login could be stored now, found by doing everything up to the rename. */
export function whyNoNewLogin(
  root: Pick<Root, 'effectiveUserId' | 'processes'>,
  home: CodexHome,
): AppError | undefined {
  const version = isFile(home) ? readVersion(home.authFile) : undefined;
  if (version?.kind !== 'present') return undefined;
  const place = preparePlace(root, home.authFile, version.bytes);
  if (place.kind === 'replaceable') place.prepared.discard();
  return place.kind === 'closed' ? place.problem : undefined;
}

/** The place of the login, as a person knows it. */
export function loginPlace(home: CodexHome): string {
  return isFile(home) ? home.authFile : 'the keyring';
}

/** The same in the middle of a sentence. */
export function loginName(home: CodexHome): string {
  return isFile(home) ? 'auth.json' : 'the keyring';
}

export function loginStoreKind(home: CodexHome): 'file' | 'keyring' {
  return isFile(home) ? 'file' : 'keyring';
}

/** Where the login can be in the file or in the keyring, an entry in the keyring wins, as it does for the client. */
function isFile({ otherStore }: CodexHome): boolean {
  return otherStore === undefined || (otherStore.fallsBackToFile && otherStore.read() === undefined);
}

/** The client writes an entry without white space. */
function compact(content: string): string {
  return JSON.stringify(JSON.parse(content));
}
