import * as fs from 'node:fs';
import { prepareEntry, writeDurably } from './atomic-file.js';
import type { ProcessTable } from './process-table.js';

/*
 * The replacements that are about a link itself and not about the file behind it. Like every other one they leave the
 * old entry or the new, whenever they are cut short.
 */

/** Puts a link in the place of a file, or of another link. */
export function replaceByLink(path: string, leadsTo: string, processes: ProcessTable, guard?: () => void): void {
  prepareEntry(
    { path, target: path, make: (temporary) => fs.symlinkSync(leadsTo, temporary), replacesLink: true },
    processes,
  ).commit(guard);
}

/** Puts a file in the place of a link, whose target stays as it is. */
export function replaceLinkByFile(path: string, content: string, processes: ProcessTable, guard?: () => void): void {
  prepareEntry(
    { path, target: path, make: (temporary) => writeDurably(temporary, content), replacesLink: true },
    processes,
  ).commit(guard);
}

/**
 * Moves a file into the place of a link to it, so that there is never a second one. False where that is not possible,
 * between two file systems for instance; then both are as they were.
 */
export function moveOntoLink(path: string, link: string): boolean {
  try {
    fs.renameSync(path, link);
    return true;
  } catch {
    // The caller has another way, which says what is wrong where there is none.
    return false;
  }
}
