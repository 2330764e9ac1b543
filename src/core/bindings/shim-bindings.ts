import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quotedForPosix } from '../shell/path-block.js';
import { knowsBindings, shimSignature } from '../shell/shim.js';
import { readVersion, replaceFile } from '../storage/atomic-file.js';
import { shimBindingsName } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import type { Binding } from './binding.js';

/*
 * The shim must know without starting anything whether a directory is bound, because every start of the official client
 * passes it. So the bindings stand beside the shim as two functions of a shell, which it reads where the file is there
 * at all.
 */

/**
 * Writes the bindings beside an installed shim; `setup` does so for one that is installed later. Throws
 * `storage-write-failed`.
 */
export function writeShimBindings({ paths, processes }: Root, bindings: readonly Binding[]): void {
  const path = join(paths.bin, shimBindingsName);
  if (!existsSync(join(paths.bin, 'codex')) || (bindings.length === 0 && !existsSync(path))) return;
  replaceFile({ path, content: shimBindingsText(bindings) }, processes);
}

/** Whether an installed shim looks for bindings, and finds these. */
export function areHeard({ paths }: Pick<Root, 'paths'>, bindings: readonly Binding[]): boolean {
  if (!knowsBindings(join(paths.bin, 'codex'))) return false;
  const version = readVersion(join(paths.bin, shimBindingsName));
  return version.kind === 'present' && version.content === shimBindingsText(bindings);
}

export function shimBindingsText(bindings: readonly Binding[]): string {
  const below = bindings.map(({ directory }) => `${quotedForPosix(directory === '/' ? '/' : `${directory}/`)}*`);
  const commonDirs = bindings.flatMap(({ commonDir }) => commonDir ?? []);
  return `\
# ${shimSignature} the directories that are bound to an account. "codex auth switch --here" writes this file.
codex_auth_is_bound() {
  case $1/ in
    ${below.length === 0 ? "'')" : `${below.join('|')})`} return 0 ;;
  esac
  return 1
}
codex_auth_is_repository() {
${commonDirs.map((path) => `  [ "$1" -ef ${quotedForPosix(path)} ] && return 0\n`).join('')}  return 1
}
`;
}
