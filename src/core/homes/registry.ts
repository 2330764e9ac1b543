import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { isNumber, isText, isTextOrAbsent } from '../json-values.js';
import { readVersion } from '../storage/atomic-file.js';
import type { LockHandle } from '../storage/file-lock.js';
import { corrupt, newerVersion, overwriteJson, parseJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';

/** A home of the official client that a login of this root was written to. */
export interface HomeRecord {
  readonly id: string;
  /** Its real directory. Absent for the home that the root lies in, which is found from the root wherever that is. */
  readonly path?: string;
  /** `private`: made by this program for one account. */
  readonly kind: 'own' | 'private';
  /** The account whose login was last written there; what the home holds now decides while it can be read. */
  readonly accountId?: string;
  /** SHA-256 of the refresh token that was written. */
  readonly fingerprint?: string;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

const thisVersion = 1;

/**
 * The homes that this root remembers. Throws `storage-unreadable`, `storage-corrupt` or `storage-newer-version`: a login
 * that lives in a home nobody remembers would be handed out twice.
 */
export function readHomes({ paths }: Pick<Root, 'paths'>): HomeRecord[] {
  const path = paths.homes;
  const version = readVersion(path);
  if (version.kind === 'absent') return [];
  const file = parseJson(path, version.content, wayOut);
  if (!isJsonObject(file) || !isNumber(file['version']) || !Array.isArray(file['homes'])) {
    throw corrupt(path, 'it is no list of homes', wayOut);
  }
  if (file['version'] > thisVersion) throw newerVersion(path, file['version']);
  return file['homes'].map((each) => {
    const home = recordIn(each);
    if (home === undefined) throw corrupt(path, 'it holds something that is no home', wayOut);
    return home;
  });
}

/** One home of the file, without members that we do not know. */
function recordIn(value: unknown): HomeRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, path, kind, accountId, fingerprint, writtenAt } = value;
  if (!isText(id) || id === '' || (kind !== 'own' && kind !== 'private') || !isNumber(writtenAt)) return undefined;
  if (!isTextOrAbsent(path) || !isTextOrAbsent(accountId) || !isTextOrAbsent(fingerprint)) return undefined;
  const known = { id, path, kind, accountId, fingerprint, writtenAt } as const;
  return definedOnly(known);
}

const wayOut = 'codex-auth doctor --fix  (keeps the damaged file; a home is remembered again by the next switch in it)';

/** Changes the registry. Call it under the `store` lock. */
export function changeHomes(
  root: Root,
  lock: LockHandle,
  change: (homes: readonly HomeRecord[]) => readonly HomeRecord[],
): void {
  const before = readHomes(root);
  const after = change(before);
  if (after === before) return;
  overwriteJson(root, lock, root.paths.homes, readVersion(root.paths.homes), { version: thisVersion, homes: after });
}

/**
 * The list with this home in it, as it is now; the same list when nothing is new but the time. A private home takes the
 * place of one that was removed.
 */
export function withHome(homes: readonly HomeRecord[], home: HomeRecord): readonly HomeRecord[] {
  const known = homes.find(
    ({ id, kind, path }) => id === home.id || (kind === 'private' && home.kind === kind && path === home.path),
  );
  if (known === undefined) return [...homes, home];
  const isSame =
    known.id === home.id &&
    known.path === home.path &&
    known.accountId === home.accountId &&
    known.fingerprint === home.fingerprint;
  return isSame ? homes : homes.map((each) => (each === known ? home : each));
}
