import type { Context } from '../context.js';

/** A hosted database may have to be woken up first. */
const usualDeadlineMs = 20_000;

/** How long the database may take, in milliseconds. */
export function shareDeadlineMs({ options }: Context): number {
  return options.timeout === undefined ? usualDeadlineMs : options.timeout * 1000;
}
