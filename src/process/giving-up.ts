import type { Usual } from '../cli/program/as-usual.js';

// State of a process of one of the smallest bundles, which runs once. There the build replaces schemas by `giveUp`.

let hasGivenUp = false;

export function giveUp(): never {
  hasGivenUp = true;
  throw new Error('this is not as usual');
}

export const usual: Usual = { giveUp, isAsUsual: () => !hasGivenUp };
