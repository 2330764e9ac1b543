import { statSync } from 'node:fs';
import { type FileVersion, readVersion, replaceFile, versionOf } from '../storage/atomic-file.js';
import type { Root } from '../storage/root.js';
import type { CodexHome } from './home.js';

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

/** Whether that is exactly this login, laid out as it would be written. */
export function holdsLogin(root: Root, home: CodexHome, version: FileVersion, content: string): boolean {
  if (version.kind === 'absent') return false;
  if (!isFile(home)) return version.content === compact(content);
  // In a file that others can read, or of two names, it is replaced all the same (P7, CODEX.md §1.10).
  const { mode = 0, nlink } = statSync(home.authFile, { throwIfNoEntry: false }) ?? {};
  const isPrivate = root.effectiveUserId === undefined || (mode & 0o077) === 0;
  return version.content === content && nlink === 1 && isPrivate;
}

/** `guard` runs right before the old content goes, and throws when it must stay (P9). */
export function writeLogin(root: Pick<Root, 'processes'>, home: CodexHome, content: string, guard: () => void): void {
  if (isFile(home)) {
    replaceFile({ path: home.authFile, content, guard }, root.processes);
    return;
  }
  guard();
  home.otherStore?.write(compact(content));
}

/** As a person knows it. */
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

/** Where both can be, an entry in the keyring wins, as it does for the client. */
function isFile({ otherStore }: CodexHome): boolean {
  return otherStore === undefined || (otherStore.fallsBackToFile && otherStore.read() === undefined);
}

/** The client writes an entry without white space. */
function compact(content: string): string {
  return JSON.stringify(JSON.parse(content));
}
