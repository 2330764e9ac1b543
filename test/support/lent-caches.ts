import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../../src/core/storage/paths.js';
import { madeOnce } from './made-once.js';

/*
 * What V8 has compiled, passed on from one home to the next. Each test has a home of its own, in which every command
 * would be compiled anew: a person waits for that once a day, and here it is half of what each start takes. The files
 * are copied, because a test may do to its own whatever it likes.
 */

/** Before a run: puts the compiled form of its command into the root, if there is one. */
export function lendCaches(root: string, argv: readonly string[]): void {
  const [lent, directory] = [lentCaches(), cachePath(root)];
  if (lent === undefined || !isOwn(root) || (existsSync(directory) && !isOwn(directory))) return;
  const names = namesIn(lent, argv);
  if (names.length > 0 && !existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  for (const name of names) copyOnce(join(lent, name), join(directory, name));
}

/** After a run: keeps the compiled form that it has left. */
export function borrowCaches(root: string, argv: readonly string[]): void {
  const [lent, directory] = [lentCaches(), cachePath(root)];
  if (lent === undefined) return;
  for (const name of namesIn(directory, argv)) copyOnce(join(directory, name), join(lent, name));
}

function lentCaches(): string | undefined {
  return madeOnce('caches', () => undefined);
}

/** Whether a directory is there and our own: only then is anything put there. */
function isOwn(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

/** The files of a command, as `src/start.ts` names them after a bundle and the command: `quick-list-2f8c01d4`. */
function namesIn(directory: string, [first, second]: readonly string[]): string[] {
  const command = (first === 'auth' ? second : first) ?? '';
  if (!/^[a-z_-]+$/.test(command)) return [];
  const isMeant = (name: string) => new RegExp(`^[a-z]+-${command}-[0-9a-f]+$`).test(name);
  try {
    return readdirSync(directory).filter(isMeant);
  } catch {
    // The directory is not there, or may not be listed.
    return [];
  }
}

/** Copies a file whole or not at all, since other tests look there meanwhile. */
function copyOnce(from: string, to: string): void {
  if (existsSync(to)) return;
  const own = `${to}.${process.pid}`;
  try {
    copyFileSync(from, own);
    renameSync(own, to);
  } catch {
    // The disk is full or read-only, or the file has gone meanwhile: then the program is compiled once more.
    rmSync(own, { force: true });
  }
}
