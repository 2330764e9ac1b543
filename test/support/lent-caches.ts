import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../../src/core/storage/paths.js';
import { madeOnce } from './made-once.js';

/*
 * What V8 has compiled, passed on from one home to the next. Each test has a home of its own, in which every command would be
 * compiled anew: a person waits for that once a day, and here it is half of what each start takes. Copies, because a test may
 * do to its own whatever it likes.
 */

/** Before a run: puts what there is for its command into the root, if there is one. */
export function lendCaches(root: string, argv: readonly string[]): void {
  const [lent, directory] = [lentCaches(), cachePath(root)];
  if (lent === undefined || !isOwn(root) || (existsSync(directory) && !isOwn(directory))) return;
  const names = namesIn(lent, argv);
  if (names.length > 0 && !existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  for (const name of names) copyOnce(join(lent, name), join(directory, name));
}

/** After it: keeps what it has left. */
export function borrowCaches(root: string, argv: readonly string[]): void {
  const [lent, directory] = [lentCaches(), cachePath(root)];
  if (lent === undefined) return;
  for (const name of namesIn(directory, argv)) copyOnce(join(directory, name), join(lent, name));
}

function lentCaches(): string | undefined {
  return madeOnce('caches', () => undefined);
}

/** What is missing, or somebody else's, stays so. */
function isOwn(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

/** As `src/start.ts` names them after a bundle and the command: `quick-list-2f8c01d4`. */
function namesIn(directory: string, [first, second]: readonly string[]): string[] {
  const command = (first === 'auth' ? second : first) ?? '';
  if (!/^[a-z_-]+$/.test(command)) return [];
  const isMeant = (name: string) => new RegExp(`^[a-z]+-${command}-[0-9a-f]+$`).test(name);
  try {
    return readdirSync(directory).filter(isMeant);
  } catch {
    // There is none, or none that may be listed.
    return [];
  }
}

/** Whole or not at all, since others look there meanwhile. */
function copyOnce(from: string, to: string): void {
  if (existsSync(to)) return;
  const own = `${to}.${process.pid}`;
  try {
    copyFileSync(from, own);
    renameSync(own, to);
  } catch {
    // On a full or read-only disk, or gone meanwhile: then it is compiled once more.
    rmSync(own, { force: true });
  }
}
