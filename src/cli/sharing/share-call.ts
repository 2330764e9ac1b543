import { whileWaiting } from '../../core/session/session.js';
import { shareDeps } from '../../core/session/share-access.js';
import type { ShareDeps } from '../../core/sharing/share-session.js';
import type { Context } from '../program/context.js';

/** A hosted database may have to be woken up first. */
const usualDeadlineMs = 20_000;

/** How long the database may take, in milliseconds. */
export function shareDeadlineMs({ options }: Context): number {
  return options.timeout === undefined ? usualDeadlineMs : options.timeout * 1000;
}

/** Does something with the shared pool that must not be cut off; a waiting person sees what it is. */
export function callShare<Answer>(
  context: Context,
  doing: string,
  call: (deps: ShareDeps, deadlineMs: number) => Promise<Answer>,
): Promise<Answer> {
  const answer = context.uninterrupted(() => call(shareDeps(context), shareDeadlineMs(context)));
  return whileWaiting(context, doing, answer);
}
