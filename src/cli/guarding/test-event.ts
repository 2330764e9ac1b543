import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { type EventName, eventNames } from '../../core/event-names.js';
import { type AccountEvent, type EventOf, makeEvent } from '../../core/events/event.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { deliver, subscriptionOf } from './delivery.js';

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

const hourMs = 3_600_000;
const whom = { id: 'acc_000000000000', name: 'someone@example.com', email: 'someone@example.com' };

type Sample<N extends EventName> = EventOf<N>['accounts'][number];

const samples: { readonly [N in EventName]: (in1h: string) => Sample<N> } = {
  'quota-low': (resetsAt) => ({ ...whom, window: '5h', remainingPercent: 8, resetsAt }),
  exhausted: (availableAt) => ({ ...whom, availableAt }),
  'available-again': () => whom,
  'sign-in-needed': () => ({ ...whom, reason: 'its login has ended, and cannot be renewed here' }),
  'set-aside': () => ({ ...whom, reason: 'the provider has ended its login' }),
  restored: () => whom,
  'login-moved': () => ({
    ...whom,
    home: '/home/someone/.codex',
    before: { id: 'acc_111111111111', name: 'other@example.com' },
  }),
  'credit-expiring': (expiresAt) => ({ ...whom, count: 1, expiresAt }),
};

/** An event of this kind that has not happened, about nobody, and that says so. */
function sampleEvent(name: EventName, now: number): AccountEvent {
  const account = samples[name](new Date(now + hourMs).toISOString());
  const facts = { at: now, accounts: [account] } as { at: number; accounts: EventOf<typeof name>['accounts'] };
  return { ...(makeEvent(name, facts) as AccountEvent), test: true };
}
