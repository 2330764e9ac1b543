import type { Machine } from './machine.js';

/*
 * The smallest bundles do what is as usual. Where something is not, they give up, and a larger one does all of it again, which
 * knows what to say. So they do nothing that may not be done twice before they know that nothing is unusual.
 */

export interface Usual {
  /** Called for what such a bundle has not got: a schema, a word to the person. */
  giveUp(): never;
  /** Whether nothing has given up: somebody may have taken that for an error to be passed over. */
  isAsUsual(): boolean;
}

/** The machine, with nothing to say besides the answer. Its streams as they are: none is to be made before it is used. */
export function saysNothing(machine: Machine, { giveUp }: Usual): Machine {
  return { ...machine, streams: Object.create(machine.streams, { messages: { value: { write: giveUp } } }) };
}
