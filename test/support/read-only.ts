import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const isRoot = process.geteuid?.() === 0;

/** Modes do not bind root: for it the file is made immutable, where the file system can do that. */
export const canMakeReadOnly = canMakeReadOnlyIn(tmpdir());

export function canMakeReadOnlyIn(place: string): boolean {
  return !isRoot || tryImmutable(place);
}

/** Nothing can replace this file until the function that is returned has been called. */
export function makeReadOnly(path: string): () => void {
  if (!isRoot) {
    chmodSync(dirname(path), 0o500);
    return () => chmodSync(dirname(path), 0o700);
  }
  chattr('+i', path);
  return () => chattr('-i', path);
}

/** The same for a directory: nothing can be made, replaced or removed in it. */
export function closeDirectory(path: string): () => void {
  if (!isRoot) {
    chmodSync(path, 0o500);
    return () => chmodSync(path, 0o700);
  }
  chattr('+i', path);
  return () => chattr('-i', path);
}

function tryImmutable(place: string): boolean {
  const directory = mkdtempSync(join(place, 'codex-auth-immutable-'));
  const path = join(directory, 'file');
  writeFileSync(path, '');
  const isImmutable = chattr('+i', path);
  if (isImmutable) chattr('-i', path);
  rmSync(directory, { recursive: true });
  return isImmutable;
}

function chattr(change: string, path: string): boolean {
  return spawnSync('chattr', [change, path]).status === 0;
}
