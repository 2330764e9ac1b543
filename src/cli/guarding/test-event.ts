import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { type EventName, eventNames } from '../../core/event-names.js';
import { sampleEvent } from '../../core/events/sample-event.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { deliver } from './delivery.js';
import { subscriptionOf } from './subscription.js';

export const EventTest = z.object({
  action: z.literal('test-event'),
  event: z.enum(eventNames),
  /** The setting `onlyEvents` leaves this one out when it happens. */
  leftOut: z.boolean(),
  told: z.array(
    z.object({
      to: z.enum(['onEvent', 'notify']),
      /** Why it did not get it; absent where it did. */
      problem: z.exactOptional(z.string()),
    }),
  ),
});
export type EventTest = z.infer<typeof EventTest>;

/** Tells an event that has not happened to whoever is told of events. Nothing is kept of it. */
export async function testEvent(context: Context, event: EventName): Promise<EventTest> {
  const subscription = subscriptionOf(context.settings());
  if (subscription === undefined) {
    throw new AppError('invalid-setting', 'nobody is told of events: neither onEvent nor notify is set', {
      hint: 'codex-auth config set notify true',
    });
  }
  const told = await deliver(context, sampleEvent(event, context.clock.now()), subscription);
  return { action: 'test-event', event, leftOut: !subscription.names.has(event), told };
}

export function renderEventTest({ event, leftOut, told }: EventTest, { color, symbols }: Theme): string {
  const lines = told.map(({ to, problem }) =>
    problem === undefined
      ? `${color.green(symbols.ok)} ${to} was told of ${event}`
      : `${color.red(symbols.error)} ${to} failed: ${problem}`,
  );
  const note = leftOut ? [color.dim(`onlyEvents leaves ${event} out when it happens`)] : [];
  return [...lines, ...note].map((line) => `${line}\n`).join('');
}
