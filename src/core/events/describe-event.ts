import type { EventName } from '../event-names.js';
import { percentText, windowTitle } from '../quota/window.js';
import type { AccountEvent, EventOf } from './event.js';

type AccountIn<N extends EventName> = EventOf<N>['accounts'][number];
type Telling = { readonly [N in EventName]: (account: AccountIn<N>, showTime: (at: number) => string) => string };

/** What is said of one account, after its name. */
const tellings: Telling = {
  'quota-low': ({ window, limitName, remainingPercent, resetsAt }, showTime) => {
    const title = windowTitle({ id: window, ...(limitName === undefined ? {} : { limitName }) });
    const until = resetsAt === undefined ? '' : `, until ${showTime(Date.parse(resetsAt))}`;
    return `${percentText(remainingPercent)} left of ${title}${until}`;
  },
  exhausted: ({ availableAt }, showTime) =>
    availableAt === undefined ? 'nothing is left' : `nothing is left until ${showTime(Date.parse(availableAt))}`,
  'available-again': () => 'can be used again',
  'sign-in-needed': ({ reason }) => `needs a sign-in: ${reason}; codex-auth login`,
  'set-aside': ({ reason }) => `has been set aside: ${reason}; codex-auth verify-flagged`,
  restored: () => 'is no longer set aside',
  'login-moved': ({ home, before }) =>
    `is in use in ${home} now${before === undefined ? '' : `, after ${before.name}`}`,
  'credit-expiring': ({ count, expiresAt }, showTime) =>
    `${count === 1 ? 'a reset credit ends' : `the first of ${count} reset credits ends`} ${showTime(Date.parse(expiresAt))}`,
};

/** An event as a person reads it, one line for each account. What the names hold is for the caller to make printable. */
export function describeEvent(event: AccountEvent, showTime: (at: number) => string): string[] {
  const tell = tellings[event.name] as (account: AccountEvent['accounts'][number], show: typeof showTime) => string;
  return event.accounts.map((account) => `${account.name}: ${tell(account, showTime)}`);
}
