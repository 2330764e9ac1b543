import { readNow } from '../storage/regular-file.js';
import { filesOf, type ShellPlaces } from './shell-files.js';
import { shellNames } from './shell-names.js';

/** The files in which somebody has a line that loads the completion: without the program it fails in every new shell. */
export function completionFiles(places: ShellPlaces): string[] {
  const files = [...new Set(shellNames.flatMap((shell) => filesOf(shell, places)))];
  return files.filter((path) => /codex[- ]auth completion /.test(contentOf(path)));
}

function contentOf(path: string): string {
  try {
    return readNow(path).toString('latin1');
  } catch {
    // Absent, or closed to us.
    return '';
  }
}
