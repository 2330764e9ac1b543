import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { type EventName, isEventName } from '../event-names.js';
import { percentText, windowTitle } from '../quota/window.js';

const instant = z.iso.datetime();
const text = z.exactOptional(z.string());
const percent = z.number().check(z.minimum(0), z.maximum(100));

/** The account that an event is about: the id of the record, and the account's names. */
const whom = { id: z.string(), name: z.string(), email: text, label: text };

/**
 * One event as it is stored, and as the person's own command gets it. What happened to several accounts at once and for
 * the same reason is one event, with facts for each account. Times are ISO 8601 in UTC; no event holds a token.
 */
function eventSchema<N extends string, F extends z.core.$ZodShape>(name: N, facts: F) {
  return z.object({
    schema: z.literal(`codex-auth.event.${name}/1`),
    id: z.string().check(z.minLength(1)),
    name: z.literal(name),
    at: instant,
    /** It was made by `guard --test-event`, and nothing has happened. */
    test: z.exactOptional(z.literal(true)),
    accounts: z.array(z.object({ ...whom, ...facts })).check(z.minLength(1)),
  });
}

/** The shape of every event there is. */
export const eventSchemas = {
  /** Little is left of a window, and it has not reset yet. */
  'quota-low': eventSchema('quota-low', {
    /** `5h`, `7d`, … */
    window: z.string(),
    /** The per-model limit this window belongs to; absent for the ordinary one. */
    limitName: text,
    remainingPercent: percent,
    resetsAt: z.exactOptional(instant),
  }),
  /** Nothing is left to use. */
  exhausted: eventSchema('exhausted', {
    /** When the account can be used again; absent where that is not known. */
    availableAt: z.exactOptional(instant),
  }),
  /** There is something to use again. */
  'available-again': eventSchema('available-again', {}),
  /** Only a person can bring the login back, by signing in. */
  'sign-in-needed': eventSchema('sign-in-needed', { reason: z.string() }),
  /** The account was set aside because its login needs attention. */
  'set-aside': eventSchema('set-aside', { reason: z.string() }),
  /** An account that was set aside can be used again. */
  restored: eventSchema('restored', {}),
  /** A home of the official client has the login of another account than before. */
  'login-moved': eventSchema('login-moved', {
    home: z.string(),
    /** The account whose login it had before; absent where that was no account of ours. */
    before: z.exactOptional(z.object({ id: z.string(), name: z.string() })),
  }),
  /** A reset credit ends soon. */
  'credit-expiring': eventSchema('credit-expiring', {
    /** How many reset credits there are to spend. */
    count: z.number(),
    expiresAt: instant,
  }),
} as const satisfies Record<EventName, unknown>;

export type EventOf<N extends EventName> = z.infer<(typeof eventSchemas)[N]>;
export type AccountEvent = { [N in EventName]: EventOf<N> }[EventName];

/** A new event. */
export function makeEvent<N extends EventName>(
  name: N,
  { at, accounts }: { readonly at: number; readonly accounts: EventOf<N>['accounts'] },
): EventOf<N> {
  const id = `evt_${randomBytes(8).toString('hex')}`;
  return { schema: `codex-auth.event.${name}/1`, id, name, at: new Date(at).toISOString(), accounts } as EventOf<N>;
}

/** The event in a parsed document; undefined where it is none, or one of a later version. */
export function eventIn(value: unknown): AccountEvent | undefined {
  const name = (value as { name?: unknown } | null | undefined)?.name;
  if (typeof name !== 'string' || !isEventName(name)) return undefined;
  return eventSchemas[name].safeParse(value).data;
}

type AccountIn<N extends EventName> = EventOf<N>['accounts'][number];
type Telling = { readonly [N in EventName]: (account: AccountIn<N>, showTime: (at: number) => string) => string };

/** The text about one account that follows its name. */
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

/** An event as a person reads it, one line for each account. The caller has to make the names in it printable. */
export function describeEvent(event: AccountEvent, showTime: (at: number) => string): string[] {
  const tell = tellings[event.name] as (account: AccountEvent['accounts'][number], show: typeof showTime) => string;
  return event.accounts.map((account) => `${account.name}: ${tell(account, showTime)}`);
}
