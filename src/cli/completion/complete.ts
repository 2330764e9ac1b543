import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { printable } from '../../core/printable.js';
import { createContext } from '../program/context.js';
import type { Machine } from '../program/machine.js';
import { type Candidate, candidatesFor } from './candidates.js';
import { type Cursor, readCommandLine } from './command-line.js';

/**
 * Answers the scripts of `completion`: on the first line what paths the shell may add, then a line for each candidate,
 * its description after a tab. Reads files only, and never the network; writes nothing and takes no lock (P5).
 */
export function complete(program: CommandUnknownOpts, words: readonly string[], machine: Machine): string {
  const line = words[0] === 'auth' && words.length > 1 ? words.slice(1) : words;
  const cursor = readCommandLine(program, line);
  const { candidates, paths } = candidatesFor(cursor, program, () => createContext(machine, globalOptionsOf(cursor)));
  return [paths, ...candidates.filter(isFitToType).map(lineOf)].map((each) => `${each}\n`).join('');
}

/** The global options that say whose accounts are meant. */
function globalOptionsOf({ options }: Cursor) {
  const [project, config] = [options.get('--project'), options.get('--config')];
  return {
    ...{ input: false, color: false, global: options.has('--global') },
    ...(project === undefined ? {} : { project }),
    ...(config === undefined ? {} : { config }),
  };
}

/** Only names without what a shell would obey. Another has to be typed, if anybody wants it. */
function isFitToType({ value }: Candidate): boolean {
  return printable(value) === value;
}

function lineOf({ value, description = '' }: Candidate): string {
  return description === '' ? value : `${value}\t${printable(description)}`;
}
