import { AppError } from '../../core/errors.js';
import { describeOutcome } from '../../core/logins/describe-outcome.js';
import { isObstruction } from '../../core/session/failure.js';
import type { Context } from '../context.js';
import { formatMoment } from '../render/time.js';
import type { Outcome } from './refresh-due.js';

export type Teller = (subject: string, text: string) => void;

/** Says with the time what happened, and not again every minute what has not changed. */
export function createTeller({ io, clock, options }: Context, keep: (line: string) => void = () => undefined): Teller {
  const told = new Map<string, string>();
  return (subject, text) => {
    if (told.get(subject) === text) return;
    // Subjects are few; what they are called may change for ever.
    if (told.size >= mostSubjects) told.clear();
    told.set(subject, text);
    const now = clock.now();
    keep(`${new Date(now).toISOString()}  ${text}`);
    if (options.json !== true) io.note(`${formatMoment(now, now)}  ${text}`);
  };
}

const mostSubjects = 10_000;

export function isObstructed(outcome: Outcome): boolean {
  return outcome.kind !== 'failed' && isObstruction(describeOutcome(outcome));
}

export function outcomeText(outcome: Outcome, now: number): string {
  if (outcome.kind === 'failed') return outcome.error.message;
  if (outcome.kind !== 'usable') {
    const { message, hint } = describeOutcome(outcome);
    const isSetAside = outcome.kind === 'refused' && outcome.flaggedAs !== undefined;
    return isSetAside || isObstructed(outcome) ? `${message}: ${hint}` : message;
  }
  const { expiresAt } = outcome.account.tokens;
  const until = expiresAt === undefined ? '' : ` until ${formatMoment(expiresAt, now)}`;
  return { valid: `valid${until}`, adopted: `newer token taken over${until}`, refreshed: `refreshed${until}` }[
    outcome.how
  ];
}

/** A failure that a person is told of as a line, and that ends nothing. */
export function messageOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  throw error;
}
