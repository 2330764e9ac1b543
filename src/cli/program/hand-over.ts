import type { Execute } from './execute.js';
import type { GlobalOptions } from './options.js';

/** Thrown by a command in whose place the person has chosen another: no result of its own could say so. */
export class HandOver extends Error {
  readonly follow: (execute: Execute, globalOptions: GlobalOptions) => Promise<void>;

  constructor(follow: HandOver['follow']) {
    super('another command was chosen');
    this.follow = follow;
  }
}
