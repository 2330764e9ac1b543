import type { Context } from '../program/context.js';
import { formatMoment } from '../render/time.js';

export type Teller = (subject: string, text: string) => void;

/** Says with the time what happened, and not again every minute what has not changed. */
export function createTeller({ io, clock, options }: Context, keep: (line: string) => void = () => undefined): Teller {
  const told = new Map<string, string>();
  return (subject, text) => {
    if (told.get(subject) === text) return;
    // There are few subjects at a time, but over the weeks their names may be ever new ones.
    if (told.size >= mostSubjects) told.clear();
    told.set(subject, text);
    const now = clock.now();
    keep(`${new Date(now).toISOString()}  ${text}`);
    if (options.json !== true) io.note(`${formatMoment(now, now)}  ${text}`);
  };
}

const mostSubjects = 10_000;
