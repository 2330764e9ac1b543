import type { Command } from './command.js';
import type { GlobalOptions } from './options.js';

/** Loads a command and runs it; what the tree calls when commander has understood the command line. */
export type Execute = <Options, Result, Document>(
  load: () => Promise<Command<Options, Result, Document>>,
  options: Options,
  globalOptions: GlobalOptions,
) => Promise<void>;
