import type { Machine } from './machine.js';

/*
 * The smallest bundles handle only what is as usual. Where something is not, they give up, and a larger bundle, which
 * knows what to say, runs the whole command again. So they do nothing that may not be done twice before they know that
 * nothing is unusual.
 */

export interface Usual {
  /** Called where such a bundle lacks something: a schema, or a message to the person. */
  giveUp(): never;
  /** Whether `giveUp` has never been called: what it throws may have been caught as an error that does not matter. */
  isAsUsual(): boolean;
}

/** The machine, on which a message to the person gives up. Its streams are not touched: none is made before its use. */
export function saysNothing(machine: Machine, { giveUp }: Usual): Machine {
  return { ...machine, streams: Object.create(machine.streams, { messages: { value: { write: giveUp } } }) };
}
