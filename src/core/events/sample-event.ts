import type { EventName } from '../event-names.js';
import { type AccountEvent, type EventOf, makeEvent } from './event.js';

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
export function sampleEvent(name: EventName, now: number): AccountEvent {
  const account = samples[name](new Date(now + hourMs).toISOString());
  const facts = { at: now, accounts: [account] } as { at: number; accounts: EventOf<typeof name>['accounts'] };
  return { ...(makeEvent(name, facts) as AccountEvent), test: true };
}
