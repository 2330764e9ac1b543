import * as fs from 'node:fs';
import { systemErrorCode } from '../errors.js';
import { prepareEntry, writeDurably } from './atomic-file.js';
import { writeError } from './file-errors.js';
import type { ProcessTable } from './process-table.js';

/*
 * The replacements of a link itself, and not of the file behind it. Like every replacement they leave the old entry or
 * the new one, whenever they are cut short.
 */

/** Makes a link where nothing was. Another process may make the same one at the same time. */
export function makeLink(path: string, leadsTo: string): void {
  try {
    fs.symlinkSync(leadsTo, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw writeError(path, error);
  }
}

/** Removes a link. Its target stays as it is, and so does a file that has taken the place of the link meanwhile. */
export function removeLink(path: string): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) fs.unlinkSync(path);
}

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
    // The caller then writes the file anew, which reports what is wrong.
    return false;
  }
}

/** As {@link moveOntoLink}, and leaves a link to the new place in the old one. */
export function moveLeavingLink(path: string, to: string, leadsTo: string, processes: ProcessTable): boolean {
  const link = prepareEntry({ path, target: path, make: (temporary) => fs.symlinkSync(leadsTo, temporary) }, processes);
  if (!moveOntoLink(path, to)) {
    link.discard();
    return false;
  }
  link.commit();
  return true;
}
