import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { isNumber } from '../json-values.js';
import { readVersion } from '../storage/atomic-file.js';
import type { LockHandle } from '../storage/file-lock.js';
import { corrupt, newerVersion, overwriteJson, parseJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';
import { type Binding, isBinding } from './binding.js';
import { writeShimBindings } from './shim-bindings.js';

const thisVersion = 1;

/**
 * All bindings of a root. Throws `storage-unreadable`, `storage-corrupt` or `storage-newer-version`: a binding that is not
 * seen would let the client run as another account.
 */
export function readBindings({ paths }: Pick<Root, 'paths'>): readonly Binding[] {
  const path = paths.bindings;
  const version = readVersion(path);
  if (version.kind === 'absent') return [];
  const file = parseJson(path, version.content, wayOut);
  const stated = isJsonObject(file) ? file['version'] : undefined;
  if (isNumber(stated) && stated > thisVersion) throw newerVersion(path, stated);
  const list = isJsonObject(file) && isNumber(stated) ? file['bindings'] : undefined;
  if (!Array.isArray(list) || !list.every(isBinding)) throw corrupt(path, 'it is no list of bindings', wayOut);
  // Members that we do not know are left out.
  return list.map(({ directory, commonDir, accountId, boundAt }) =>
    definedOnly({ directory, commonDir, accountId, boundAt }),
  );
}

const wayOut =
  'codex-auth doctor --fix  (keeps the damaged file; then bind directories again: codex-auth switch --here)';

/** Changes the bindings, and what the shim knows of them. The caller holds the `store` lock. */
export function changeBindings(
  root: Root,
  lock: LockHandle,
  change: (bindings: readonly Binding[]) => readonly Binding[],
): void {
  const before = readBindings(root);
  const bindings = change(before);
  if (bindings === before) return;
  overwriteJson(root, lock, root.paths.bindings, readVersion(root.paths.bindings), { version: thisVersion, bindings });
  writeShimBindings(root, bindings);
}

/** The list with this binding in the place of the one for its directory. */
export function withBinding(bindings: readonly Binding[], binding: Binding): readonly Binding[] {
  return [...withoutBinding(bindings, binding.directory), binding];
}

/** The list without the binding for this directory; the same list where there is none. */
export function withoutBinding(bindings: readonly Binding[], directory: string): readonly Binding[] {
  const others = bindings.filter((each) => each.directory !== directory);
  return others.length === bindings.length ? bindings : others;
}
